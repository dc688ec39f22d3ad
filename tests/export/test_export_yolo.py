"""YOLO segmentation, read by supervision, and by ultralytics where it is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import supervision
import yaml
from export_runs import NOTHING, PIECES, RING, THREE, Run, labels, mask

from automask.export.export import Options, export

# Both sides get photographs: of ten, eight and two.
DRAWN = {f"{folder}/{k}.jpg": RING for folder in ("bags", "shoes") for k in range(5)}


@pytest.fixture
def many(empty_run: Run) -> Run:
    """Ten photographs, the same names in two folders."""
    for image, rows in DRAWN.items():
        empty_run.add(image, rows)
    return empty_run


def exported(run: Run, out: Path, **options: object) -> Path:
    settings = {"shares": "0.8/0.2", "tolerance": 0.0, **options}
    export(Options(run.output, "yolo-seg", out, **settings))  # type: ignore[arg-type]
    return out


def by_supervision(out: Path, side: str) -> dict[str, np.ndarray]:
    """The union of each photograph's masks, by its name in the export."""
    data = supervision.DetectionDataset.from_yolo(
        str(out / "images" / side), str(out / "labels" / side), str(out / "data.yaml"), True
    )
    read = {}
    for path, image, found in data:
        empty = np.zeros(image.shape[:2], bool)
        read[Path(path).name] = empty if found.mask is None else found.mask.any(axis=0)
    return read


def test_supervision_reads_the_masks_pixel_by_pixel(many: Run, tmp_path: Path) -> None:
    out = exported(many, tmp_path / "yolo")
    train, val = by_supervision(out, "train"), by_supervision(out, "val")
    assert (len(train), len(val)) == (8, 2)
    assert sorted(train | val) == sorted(image.replace("/", "%2F") for image in DRAWN)
    for image, read in (train | val).items():
        np.testing.assert_array_equal(read, mask(RING), err_msg=image)


def test_each_object_is_a_row(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.jpg", RING)
    empty_run.add("drops.jpg", THREE, "objects", objects=3)
    out = exported(empty_run, tmp_path / "yolo", shares="0.5/0.5")
    (file,) = out.glob("labels/*/drops.txt")
    assert len(file.read_text().splitlines()) == 3
    found = supervision.DetectionDataset.from_yolo(
        str(out / "images" / file.parent.name), str(file.parent), str(out / "data.yaml"), True
    )[0][2]
    for number, read in enumerate(found.mask, start=1):
        np.testing.assert_array_equal(read, labels(THREE) == number)


def test_the_pieces_of_an_object_are_one_row(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.jpg", PIECES)
    empty_run.add("b.jpg", NOTHING, status="no_object")
    out = exported(empty_run, tmp_path / "yolo", shares="0.5/0.5")
    (pieces,), (nothing,) = out.glob("labels/*/a.txt"), out.glob("labels/*/b.txt")
    assert len(pieces.read_text().splitlines()) == 1
    read = by_supervision(out, pieces.parent.name)["a.jpg"]
    assert (read & mask(PIECES)).sum() == 10
    assert (read & ~mask(PIECES)).sum() == 4  # the way between them
    assert nothing.read_text() == ""  # a photograph of background


def test_data_yaml_names_sides_and_classes(many: Run, tmp_path: Path) -> None:
    out = exported(many, tmp_path / "yolo", category_from_folder=True)
    assert yaml.safe_load((out / "data.yaml").read_text()) == {
        "train": "images/train",
        "val": "images/val",
        "names": {0: "bags", 1: "shoes"},
    }
    numbers = {f.name[:4]: f.read_text()[0] for f in out.glob("labels/*/*.txt")}
    assert numbers == {"bags": "0", "shoe": "1"}


def test_a_class_beyond_the_basic_plane_is_read_back(many: Run, tmp_path: Path) -> None:
    out = exported(many, tmp_path / "yolo", category="shoe \U0001f45f, \u65e5\u672c \udcff")
    with (out / "data.yaml").open("rb") as file:
        assert yaml.safe_load(file)["names"] == {0: "shoe \U0001f45f, \u65e5\u672c \\udcff"}


def test_without_a_split_a_fifth_is_for_validation(many: Run, tmp_path: Path) -> None:
    out = exported(many, tmp_path / "yolo", shares=None)
    assert [len(list((out / "images" / side).iterdir())) for side in ("train", "val")] == [8, 2]


def twice(rows: tuple[str, ...]) -> tuple[str, ...]:
    """A drawing at twice the size."""
    return tuple("".join(pixel * 2 for pixel in row) for row in rows for _ in range(2))


def test_ultralytics_reads_the_masks_pixel_by_pixel(empty_run: Run, tmp_path: Path) -> None:
    data = pytest.importorskip(
        "ultralytics.data", reason="ultralytics brings opencv-python: see docs/export.md"
    )
    from ultralytics.data.utils import check_det_dataset, polygon2mask

    large = twice(RING)  # ultralytics takes no photograph below 10 px
    for image in DRAWN:
        empty_run.add(image, large)
    out = exported(empty_run, tmp_path / "yolo", category_from_folder=True)
    described = check_det_dataset(str(out / "data.yaml"), autodownload=False)
    assert described["names"] == {0: "bags", 1: "shoes"}
    read = 0
    for side in ("train", "val"):
        dataset = data.YOLODataset(
            img_path=described[side], data=described, task="segment", augment=False
        )
        for row in dataset.labels:
            height, width = row["shape"]
            assert int(row["cls"].item()) == ("shoes" in row["im_file"])
            polygons = [segment * (width, height) for segment in row["segments"]]
            drawn = polygon2mask((height, width), [polygon.ravel() for polygon in polygons])
            np.testing.assert_array_equal(drawn > 0, mask(large))
            read += 1
    assert read == len(DRAWN)
