"""COCO, read by pycocotools."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from export_runs import NOTHING, PIECES, RING, THREE, Run, labels, mask, same_masks
from pycocotools.coco import COCO

from automask.errors import UsageError
from automask.export.export import Options, export


def exported(run: Run, out: Path, **options: object) -> COCO:
    export(Options(run.output, "coco", out, **options))  # type: ignore[arg-type]
    return COCO(out if out.suffix else out / "annotations" / "instances.json")


def masks(coco: COCO) -> dict[str, np.ndarray]:
    """The union of each image's annotations."""
    union = {}
    for image in coco.loadImgs(coco.getImgIds()):
        drawn = np.zeros((image["height"], image["width"]), bool)
        for annotation in coco.loadAnns(coco.getAnnIds(imgIds=image["id"])):
            drawn |= coco.annToMask(annotation) > 0
        union[image["file_name"]] = drawn
    return union


@pytest.mark.parametrize("segmentation", ["rle", "polygon"])
def test_pycocotools_reads_the_masks_pixel_by_pixel(
    run: Run, tmp_path: Path, drawn: dict[str, tuple[str, ...]], segmentation: str
) -> None:
    coco = exported(run, tmp_path / "coco", segmentation=segmentation, tolerance=0.0)
    assert same_masks(masks(coco), drawn)


@pytest.mark.parametrize("segmentation", ["rle", "polygon"])
def test_areas_and_boxes_are_those_of_the_masks(
    run: Run, tmp_path: Path, segmentation: str
) -> None:
    coco = exported(run, tmp_path / "coco", segmentation=segmentation, tolerance=0.0)
    pieces, ring = coco.loadAnns(coco.getAnnIds())
    assert (pieces["area"], pieces["bbox"]) == (10, [1, 1, 8, 3])
    assert (ring["area"], ring["bbox"]) == (int(mask(RING).sum()), [1, 1, 8, 4])
    from pycocotools import mask as runs

    for annotation in (pieces, ring):
        assert runs.area(coco.annToRLE(annotation)) == annotation["area"]
        assert runs.toBbox(coco.annToRLE(annotation)).tolist() == annotation["bbox"]


def test_each_object_is_an_annotation(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("drops.jpg", THREE, "objects", objects=3)
    coco = exported(empty_run, tmp_path / "coco")
    read = [coco.annToMask(annotation) for annotation in coco.loadAnns(coco.getAnnIds())]
    assert len(read) == 3
    for number, one in enumerate(read, start=1):
        np.testing.assert_array_equal(one, labels(THREE) == number)


def test_a_photograph_without_object_is_an_image_without_annotation(
    run: Run, tmp_path: Path
) -> None:
    coco = exported(run, tmp_path / "coco")
    by_name = {image["file_name"]: image for image in coco.loadImgs(coco.getImgIds())}
    assert coco.getAnnIds(imgIds=by_name["bags/none.jpg"]["id"]) == []
    assert "shoes/torn.jpg" not in by_name


def test_folders_are_classes(run: Run, tmp_path: Path) -> None:
    coco = exported(run, tmp_path / "coco", category_from_folder=True)
    names = {category["id"]: category["name"] for category in coco.loadCats(coco.getCatIds())}
    assert names == {1: "bags", 2: "shoes"}
    told = [names[one["category_id"]] for one in coco.loadAnns(coco.getAnnIds())]
    assert told == ["bags", "shoes"]


def test_confidence_goes_along_as_score(run: Run, tmp_path: Path) -> None:
    coco = exported(run, tmp_path / "coco")
    assert [one["score"] for one in coco.loadAnns(coco.getAnnIds())] == [0.25, 0.75]


def test_one_file_where_a_file_is_named(run: Run, tmp_path: Path) -> None:
    exported(run, tmp_path / "mine.json")
    names = {file.name for file in tmp_path.iterdir() if file.is_file()}
    assert names == {"mine.json", "mine.automask-export.json"}


def test_a_split_makes_a_file_for_each_side(empty_run: Run, tmp_path: Path) -> None:
    for k in range(10):
        empty_run.add(f"{k}.png", RING if k % 2 else PIECES)
    export(Options(empty_run.output, "coco", tmp_path / "coco", shares="0.8/0.1/0.1"))
    counts = {
        side: len(COCO(tmp_path / "coco" / "annotations" / f"instances_{side}.json").imgs)
        for side in ("train", "val", "test")
    }
    assert counts == {"train": 8, "val": 1, "test": 1}
    with pytest.raises(UsageError, match="must be a folder"):
        export(Options(empty_run.output, "coco", tmp_path / "one.json", shares="0.8/0.2"))


def test_the_loss_of_the_polygons_stands_in_the_file(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.jpg", NOTHING)
    empty_run.add("b.jpg", PIECES)
    coco = exported(empty_run, tmp_path / "c.json", segmentation="polygon", tolerance=0.0)
    assert coco.dataset["info"]["polygons"] == {
        "tolerance_px": 0.0,
        "objects": 1,
        "points": 8,
        "mean_iou": 1.0,
        "worst_iou": 1.0,
        "worst_image": "b.jpg",
    }
    text = json.loads((tmp_path / "c.automask-export.json").read_text())
    assert text["polygons"] == coco.dataset["info"]["polygons"]


def test_each_object_has_its_own_score(empty_run: Run, tmp_path: Path) -> None:
    scores = (0.9, 0.8, 0.4)
    empty_run.add("a.jpg", THREE, "objects", confidence=0.7, object_scores=scores)
    coco = exported(empty_run, tmp_path / "coco")
    assert [one["score"] for one in coco.loadAnns(coco.getAnnIds())] == [0.9, 0.8, 0.4]
