"""CVAT for images 1.1, read by datumaro where it is installed, and drawn by pycocotools always."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from export_runs import PIECES, RING, THREE, Run, labels, mask, same_masks

from automask.export.export import Options, export
from automask.export.formats.cvat import row_runs
from automask.export.polygons import draw_edges


def exported(run: Run, out: Path, **options: object) -> ElementTree.Element:
    export(Options(run.output, "cvat", out, **{"tolerance": 0.0, **options}))  # type: ignore[arg-type]
    return ElementTree.parse(out if out.suffix else out / "annotations.xml").getroot()


def polygon(element: ElementTree.Element) -> np.ndarray:
    pairs = element.attrib["points"].split(";")
    return np.array([[float(value) for value in pair.split(",")] for pair in pairs])


def test_the_polygons_are_the_masks(
    run: Run, tmp_path: Path, drawn: dict[str, tuple[str, ...]]
) -> None:
    read = {}
    for image in exported(run, tmp_path / "cvat").iter("image"):
        shape = (int(image.attrib["height"]), int(image.attrib["width"]))
        rings = [polygon(element) for element in image.iter("polygon")]
        read[image.attrib["name"]] = draw_edges(rings, shape) if rings else np.zeros(shape, bool)
    assert same_masks(read, drawn)


def test_the_pieces_of_an_object_are_a_group(run: Run, tmp_path: Path) -> None:
    by_name = {i.attrib["name"]: i for i in exported(run, tmp_path / "cvat").iter("image")}
    assert [p.attrib["group_id"] for p in by_name["bags/a.jpg"].iter("polygon")] == ["1", "1"]
    (ring,) = by_name["shoes/a.jpg"].iter("polygon")
    assert "group_id" not in ring.attrib


def test_runs_go_row_by_row_from_background() -> None:
    assert row_runs(np.array([[1, 1, 0], [0, 1, 1]], bool)) == "0, 2, 2, 2"
    assert row_runs(np.array([[0, 1], [1, 0]], bool)) == "1, 2, 1"


def test_the_labels_of_the_task_are_named(run: Run, tmp_path: Path) -> None:
    root = exported(run, tmp_path / "cvat", category_from_folder=True)
    assert [name.text for name in root.findall("meta/task/labels/label/name")] == ["bags", "shoes"]
    used = {p.attrib["label"] for p in root.iter("polygon")}
    assert used == {"bags", "shoes"}


def test_a_file_can_be_named_and_a_split_makes_several(empty_run: Run, tmp_path: Path) -> None:
    for k in range(4):
        empty_run.add(f"{k}.jpg", RING)
    assert len(list(exported(empty_run, tmp_path / "mine.xml").iter("image"))) == 4
    export(Options(empty_run.output, "cvat", tmp_path / "cvat", shares="0.75/0.25"))
    counts = {
        file.name: len(list(ElementTree.parse(file).getroot().iter("image")))
        for file in (tmp_path / "cvat").glob("*.xml")
    }
    assert counts == {"annotations_train.xml": 3, "annotations_val.xml": 1}


@pytest.mark.parametrize("segmentation", ["polygon", "rle"])
def test_datumaro_reads_the_masks_pixel_by_pixel(
    empty_run: Run, tmp_path: Path, segmentation: str
) -> None:
    pytest.importorskip("datumaro", reason="datumaro brings opencv-python: see docs/export.md")
    from datumaro.components.annotation import Mask, Polygon
    from datumaro.plugins.data_formats.cvat.base import CvatBase

    rows = {"a.jpg": PIECES, "b.jpg": RING, "c.jpg": THREE}
    for image, drawing in rows.items():
        kind = "objects" if drawing is THREE else "mask"
        empty_run.add(image, drawing, kind)
    options = {"segmentation": segmentation, "photographs": "copy"}
    exported(empty_run, tmp_path / "cvat", **options)
    read = {}
    for item in CvatBase(str(tmp_path / "cvat" / "annotations.xml")):
        union = np.zeros(mask(RING).shape, bool)
        for one in item.annotations:
            if isinstance(one, Polygon):
                union |= draw_edges([np.reshape(one.points, (-1, 2))], union.shape)
            else:
                assert isinstance(one, Mask)
                union |= one.image.astype(bool)
        read[f"{item.id}.jpg"] = union
        if item.id == "c":
            assert len(item.annotations) == int(labels(THREE).max())
    assert same_masks(read, rows)
