"""File names that attack the next tool: each is read back, or refused by name."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import numpy as np
import pytest
import supervision
from export_runs import RING, Run, mask
from pycocotools.coco import COCO
from torchvision.datasets import VOCSegmentation

from automask.export.export import Options, export
from automask.show.console import visible

NO_XML = ["bad\udcff.jpg", "bell\x07.jpg"]  # bytes that are no text, a control character
HOSTILE = sorted(
    [
        '"><script>.jpg',
        "<img src=x onerror=alert(1)>.jpg",
        "new\nline.jpg",
        "quo'te\".jpg",
        "com,ma;semi.jpg",
        "=HYPERLINK(1).jpg",
        "\uff1dHYPERLINK(1).jpg",  # a full-width =
        "@at.jpg",
        "-rf.jpg",
        "\tab.jpg",
        "right\u202eleft.jpg",
        "a%2Fb.jpg",
        "日本 ü.jpg",
        *NO_XML,
    ],
    key=os.fsencode,
)


@pytest.fixture
def hostile(empty_run: Run) -> Run:
    for name in HOSTILE:
        empty_run.add(name, RING, confidence=0.5)
    return empty_run


def exported(run: Run, to: str, out: Path, **options: object) -> list[str]:
    """The images that are not in it."""
    settings = {"tolerance": 0.0, **options}
    result = export(Options(run.output, to, out, **settings))  # type: ignore[arg-type]
    return [one["image"] for one in result.summary["skipped"]]


def original(flat: str) -> str:
    return os.fsdecode(unquote_to_bytes(os.path.splitext(flat)[0])) + ".jpg"


def test_coco_has_each_name_as_it_is(hostile: Run, tmp_path: Path) -> None:
    assert exported(hostile, "coco", tmp_path / "c.json") == []
    coco = COCO(tmp_path / "c.json")
    assert sorted(i["file_name"] for i in coco.imgs.values()) == sorted(HOSTILE)
    for image in coco.imgs.values():
        assert (hostile.photographs / image["file_name"]).is_file()
        (annotation,) = coco.imgToAnns[image["id"]]
        np.testing.assert_array_equal(coco.annToMask(annotation), mask(RING))


def test_yolo_has_names_that_lead_back(hostile: Run, tmp_path: Path) -> None:
    out = tmp_path / "yolo"
    assert exported(hostile, "yolo-seg", out) == []
    read = {}
    for side in ("train", "val"):
        data = supervision.DetectionDataset.from_yolo(
            str(out / "images" / side), str(out / "labels" / side), str(out / "data.yaml"), True
        )
        read.update({original(Path(path).name): found.mask[0] for path, _, found in data})
    assert sorted(read) == sorted(HOSTILE)
    for drawn in read.values():
        np.testing.assert_array_equal(drawn, mask(RING))


def test_voc_has_names_that_lead_back(hostile: Run, tmp_path: Path) -> None:
    assert exported(hostile, "voc", tmp_path / "voc") == []
    data = VOCSegmentation(str(tmp_path / "voc"), year="2012", image_set="trainval")
    assert sorted(original(Path(file).name) for file in data.images) == sorted(HOSTILE)
    for _, drawn in data:
        np.testing.assert_array_equal(np.asarray(drawn) == 1, mask(RING))


def test_cvat_refuses_what_xml_cannot_hold_and_has_the_rest_as_it_is(
    hostile: Run, tmp_path: Path
) -> None:
    assert sorted(exported(hostile, "cvat", tmp_path / "c.xml")) == sorted(NO_XML)
    images = ElementTree.parse(tmp_path / "c.xml").getroot().findall("image")
    assert sorted(i.attrib["name"] for i in images) == sorted(set(HOSTILE) - set(NO_XML))
    assert all(len(image) == 1 for image in images)


def test_cvat_takes_them_all_where_photographs_go_along(hostile: Run, tmp_path: Path) -> None:
    assert exported(hostile, "cvat", tmp_path / "cvat", photographs="copy") == []
    images = ElementTree.parse(tmp_path / "cvat" / "annotations.xml").getroot().findall("image")
    assert sorted(original(i.attrib["name"]) for i in images) == sorted(HOSTILE)


def test_label_studio_has_addresses_that_lead_back(hostile: Run, tmp_path: Path) -> None:
    assert exported(hostile, "label-studio", tmp_path / "ls", image_prefix="x:") == []
    tasks = json.loads((tmp_path / "ls" / "tasks.json").read_text())
    addresses = [task["data"]["image"].removeprefix("x:") for task in tasks]
    assert sorted(os.fsdecode(unquote_to_bytes(a)) for a in addresses) == sorted(HOSTILE)
    assert all(task["data"]["file"].isprintable() for task in tasks)


def test_fiftyone_has_names_that_lead_back(hostile: Run, tmp_path: Path) -> None:
    assert exported(hostile, "fiftyone", tmp_path / "fo") == []
    samples = json.loads((tmp_path / "fo" / "samples.json").read_text())["samples"]
    assert sorted(original(s["filepath"][5:]) for s in samples) == sorted(HOSTILE)
    assert all((tmp_path / "fo" / s["filepath"]).is_file() for s in samples)


def test_csv_has_no_formula_and_each_name(hostile: Run, tmp_path: Path) -> None:
    assert exported(hostile, "csv", tmp_path / "t.csv") == []
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\uff1d"))]
    assert all(cell.isprintable() for cell in cells)  # no line ends, no marks of direction
    assert sorted(row["image"].removeprefix("'") for row in rows) == sorted(map(visible, HOSTILE))


FOLDERS = ['"><script>', "a:b, c", "=1+1", "bad\udcff", "tab\t", "- yaml: {}", "null"]


@pytest.mark.parametrize("to", ["coco", "yolo-seg", "voc", "label-studio", "cvat", "fiftyone"])
def test_hostile_folders_are_harmless_classes(
    empty_run: Run, tmp_path: Path, to: str, classes_of: Callable[[Path, str], list[str]]
) -> None:
    for folder in FOLDERS:
        empty_run.add(f"{folder}/a.jpg", RING)
    exported(empty_run, to, tmp_path / to, category_from_folder=True, shares="0.5/0.5")
    shown = ['"><script>', "- yaml: {}", "=1+1", "a:b, c", "bad\\udcff", "null", "tab\\t"]
    assert sorted(classes_of(tmp_path / to, to)) == shown


@pytest.fixture
def classes_of() -> Callable[[Path, str], list[str]]:
    """The names of the classes that an export tells."""
    import yaml

    def voc(out: Path) -> list[str]:
        trees = map(ElementTree.parse, out.glob("VOCdevkit/VOC2012/Annotations/*.xml"))
        return [name.text or "" for tree in trees for name in tree.getroot().iter("name")]

    def xml(file: Path, path: str, get: Callable[[ElementTree.Element], str | None]) -> list[str]:
        return [get(one) or "" for one in ElementTree.parse(file).getroot().iterfind(path)]

    readers: dict[str, Callable[[Path], list[str]]] = {
        "coco": lambda out: [
            c["name"] for c in COCO(out / "annotations" / "instances_train.json").cats.values()
        ],
        "yolo-seg": lambda out: list(
            yaml.safe_load((out / "data.yaml").read_text())["names"].values()
        ),
        "voc": voc,
        "label-studio": lambda out: xml(
            out / "labeling_config.xml", "PolygonLabels/Label", lambda one: one.get("value")
        ),
        "cvat": lambda out: xml(
            out / "annotations_train.xml", "meta/task/labels/label/name", lambda one: one.text
        ),
        "fiftyone": lambda out: json.loads((out / "metadata.json").read_text())["info"]["classes"],
    }
    return lambda out, to: readers[to](out)
