"""Label Studio's tasks, checked and converted by its SDK where that is installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from export_runs import PIECES, RING, Run, same_masks

from automask.export.export import Options, export
from automask.export.polygons import draw_edges

NEEDS_SDK = "label-studio-sdk brings opencv-python: see docs/export.md"


def exported(run: Run, out: Path, **options: Any) -> list[dict[str, Any]]:
    export(Options(run.output, "label-studio", out, **{"tolerance": 0.0, **options}))
    return json.loads((out / "tasks.json").read_text())


def drawn_regions(regions: list[dict[str, Any]]) -> np.ndarray:
    """6 x 10 of polygons in per cent."""
    rings = [np.array(region["value"]["points"]) * (10, 6) / 100 for region in regions]
    return draw_edges(rings, (6, 10)) if rings else np.zeros((6, 10), bool)


def test_the_polygons_are_the_masks(
    run: Run, tmp_path: Path, drawn: dict[str, tuple[str, ...]]
) -> None:
    tasks = exported(run, tmp_path / "ls")
    read = {t["data"]["file"]: drawn_regions(t["predictions"][0]["result"]) for t in tasks}
    assert same_masks(read, drawn)


def test_a_prediction_says_who_and_how_sure(run: Run, tmp_path: Path) -> None:
    pieces = exported(run, tmp_path / "ls")[0]["predictions"][0]
    assert (pieces["model_version"], pieces["score"]) == ("automask tiny abababab", 0.25)
    assert [region["id"] for region in pieces["result"]] == ["1-1", "1-2"]
    assert {region["meta"]["text"][0] for region in pieces["result"]} == {"object 1"}


def test_an_image_is_an_address(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a b/c#1.jpg", RING)
    (task,) = exported(empty_run, tmp_path / "ls")
    assert task["data"]["image"] == "/data/local-files/?d=a%20b/c%231.jpg"
    (task,) = exported(empty_run, tmp_path / "ls", image_prefix="https://files.example/")
    assert task["data"]["image"] == "https://files.example/a%20b/c%231.jpg"


def test_the_interface_knows_all_labels(run: Run, tmp_path: Path) -> None:
    tasks = exported(run, tmp_path / "ls", category_from_folder=True)
    view = ElementTree.parse(tmp_path / "ls" / "labeling_config.xml").getroot()
    assert [label.attrib["value"] for label in view.iter("Label")] == ["bags", "shoes"]
    names = {view[0].attrib["name"], view[1].attrib["name"]}
    for region in (r for t in tasks for r in t["predictions"][0]["result"]):
        assert {region["from_name"], region["to_name"]} == names


def test_the_sdk_accepts_every_task(run: Run, tmp_path: Path) -> None:
    sdk = pytest.importorskip("label_studio_sdk.label_interface", reason=NEEDS_SDK)
    tasks = exported(run, tmp_path / "ls", category_from_folder=True)
    interface = sdk.LabelInterface((tmp_path / "ls" / "labeling_config.xml").read_text())
    interface.validate()
    for task in tasks:
        assert interface.validate_task({"data": task["data"]})
        for prediction in task["predictions"]:
            assert interface.validate_prediction(prediction, return_errors=True) == []


def test_predictions_that_are_accepted_come_back_as_the_masks(
    empty_run: Run, tmp_path: Path
) -> None:
    converter = pytest.importorskip("label_studio_sdk.converter", reason=NEEDS_SDK)
    rows = {"a.jpg": PIECES, "b.jpg": RING}
    for image, drawing in rows.items():
        empty_run.add(image, drawing)
    tasks = exported(empty_run, tmp_path / "ls", image_prefix=f"{empty_run.photographs}/")
    # What Label Studio makes of a prediction that a person submits as it is.
    submitted = [
        {"id": k, "data": task["data"], "annotations": task["predictions"]}
        for k, task in enumerate(tasks)
    ]
    (tmp_path / "submitted.json").write_text(json.dumps(submitted))
    config = str(tmp_path / "ls" / "labeling_config.xml")
    converter.Converter(config, str(tmp_path), download_resources=False).convert_to_coco(
        str(tmp_path / "submitted.json"), str(tmp_path / "back"), is_dir=False
    )
    document = json.loads((tmp_path / "back" / "result.json").read_text())
    read = {}
    for image in document["images"]:
        rings = [
            np.reshape(one["segmentation"][0], (-1, 2))
            for one in document["annotations"]
            if one["image_id"] == image["id"]
        ]
        read[image["file_name"].rpartition("/")[2]] = draw_edges(rings, (6, 10))
    assert same_masks(read, rows)
