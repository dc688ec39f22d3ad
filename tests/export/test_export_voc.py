"""PASCAL VOC, read by torchvision, its boxes by supervision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import supervision
from export_runs import NOTHING, PIECES, RING, THREE, Run, labels, mask
from PIL import Image
from torchvision.datasets import VOCSegmentation

from automask.errors import UsageError
from automask.export.export import Options, export
from automask.export.formats.voc import voc_palette

VOID = 255


@pytest.fixture
def voc(run: Run, tmp_path: Path) -> Path:
    export(Options(run.output, "voc", tmp_path / "voc", category_from_folder=True))
    return tmp_path / "voc"


def read(voc: Path, side: str = "trainval") -> dict[str, np.ndarray]:
    """Labels of classes by a photograph's name in the export."""
    data = VOCSegmentation(str(voc), year="2012", image_set=side)
    masks = [np.asarray(data[k][1]) for k in range(len(data))]
    return {Path(file).name: one for file, one in zip(data.images, masks, strict=True)}


def test_torchvision_reads_the_masks_pixel_by_pixel(voc: Path) -> None:
    by_name = read(voc)
    assert by_name.keys() == {"bags%2Fa.jpg", "bags%2Fnone.jpg", "shoes%2Fa.jpg"}
    # Classes count from 1: bags, shoes.
    np.testing.assert_array_equal(by_name["bags%2Fa.jpg"] == 1, mask(PIECES))
    np.testing.assert_array_equal(by_name["shoes%2Fa.jpg"] == 2, mask(RING))
    assert not by_name["bags%2Fnone.jpg"].any()


def test_the_contour_is_void(voc: Path) -> None:
    drawn = read(voc)["bags%2Fa.jpg"]
    # Beside the left piece, one step to each side: 2 above, 2 below, 2 left, 2 right.
    assert (drawn[:, :5] == VOID).sum() == 8
    assert set(np.unique(drawn)) == {0, 1, VOID}


def test_a_trimap_brings_its_own_contour(empty_run: Run, tmp_path: Path) -> None:
    rows = ("......", "..++..", ".+##+.", "..++..")
    empty_run.add("a.jpg", rows, "trimap")
    export(Options(empty_run.output, "voc", tmp_path / "voc"))
    drawn = read(tmp_path / "voc")["a.jpg"]
    assert [(drawn == value).sum() for value in (1, VOID)] == [2, 6]


def test_objects_have_numbers_of_their_own(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.jpg", THREE, "objects", objects=3)
    export(Options(empty_run.output, "voc", tmp_path / "voc"))
    file = next((tmp_path / "voc").glob("VOCdevkit/VOC2012/SegmentationObject/a.png"))
    with Image.open(file) as image:
        numbers = np.asarray(image)
    np.testing.assert_array_equal(np.where(numbers == VOID, 0, numbers), labels(THREE))


def test_the_palette_is_that_of_voc() -> None:
    # The first colours of the development kit, and that of the void.
    known = {0: (0, 0, 0), 1: (128, 0, 0), 2: (0, 128, 0), 3: (128, 128, 0), 8: (64, 0, 0)}
    for label, colour in {**known, 15: (192, 128, 128), 255: (224, 224, 192)}.items():
        assert tuple(voc_palette()[label]) == colour


def test_pictures_have_the_palette(voc: Path) -> None:
    for file in voc.glob("VOCdevkit/VOC2012/Segmentation*/*.png"):
        with Image.open(file) as image:
            assert image.mode == "P"
            assert image.getpalette() == voc_palette().ravel().tolist()


def test_supervision_reads_boxes_and_classes(voc: Path) -> None:
    root = voc / "VOCdevkit" / "VOC2012"
    data = supervision.DetectionDataset.from_pascal_voc(
        str(root / "JPEGImages"), str(root / "Annotations")
    )
    found = {Path(path).name: one for path, _, one in data}
    assert sorted(data.classes) == ["bags", "shoes"]
    # Pixels 1 to 8 and 1 to 3, counted from 0; supervision gives the far edges.
    assert found["bags%2Fa.jpg"].xyxy.tolist() == [[1, 1, 9, 4]]
    assert len(found["bags%2Fnone.jpg"]) == 0


def test_the_lists_name_the_sides(empty_run: Run, tmp_path: Path) -> None:
    for k in range(10):
        empty_run.add(f"{k}.jpg", RING)
    export(Options(empty_run.output, "voc", tmp_path / "voc", shares="0.8/0.1/0.1"))
    sides = {side: set(read(tmp_path / "voc", side)) for side in ("train", "val", "trainval")}
    assert [len(names) for names in sides.values()] == [8, 1, 9]
    assert sides["train"] | sides["val"] == sides["trainval"]
    lists = tmp_path / "voc" / "VOCdevkit" / "VOC2012" / "ImageSets" / "Segmentation"
    assert len((lists / "test.txt").read_text().splitlines()) == 1


def test_what_is_no_jpeg_becomes_one(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.png", RING)
    result = export(Options(empty_run.output, "voc", tmp_path / "voc"))
    assert result.summary["written_anew"] == ["a.png"]
    with Image.open(tmp_path / "voc" / "VOCdevkit/VOC2012/JPEGImages/a.jpg") as image:
        assert (image.format, image.size) == ("JPEG", (10, 6))


def test_more_classes_than_labels_are_refused(empty_run: Run, tmp_path: Path) -> None:
    for k in range(255):
        empty_run.add(f"{k}/a.jpg", NOTHING)
    with pytest.raises(UsageError, match="room for 254 classes, not 255"):
        export(Options(empty_run.output, "voc", tmp_path / "voc", category_from_folder=True))
