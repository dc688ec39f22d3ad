"""The table, read by the csv module."""

from __future__ import annotations

import csv
from pathlib import Path

from export_runs import NOTHING, THREE, Run

from automask.export.export import Options, export


def rows(run: Run, out: Path, **options: object) -> list[dict[str, str]]:
    export(Options(run.output, "csv", out, **options))  # type: ignore[arg-type]
    with out.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_each_image_is_a_line_the_failed_too(run: Run, tmp_path: Path) -> None:
    table = rows(run, tmp_path / "t.csv")
    assert [row["image"] for row in table] == [
        "bags/a.jpg",
        "bags/none.jpg",
        "shoes/a.jpg",
        "shoes/torn.jpg",
    ]
    assert [row["left_out"] for row in table] == ["", "", "", "masking failed: damaged"]


def test_a_line_has_size_box_and_confidence(run: Run, tmp_path: Path) -> None:
    pieces = rows(run, tmp_path / "t.csv", category_from_folder=True)[0]
    assert {name: pieces[name] for name in ("class", "status", "confidence", "objects")} == {
        "class": "bags",
        "status": "ok",
        "confidence": "0.25",
        "objects": "1",
    }
    box = [pieces[name] for name in ("left", "top", "box_width", "box_height", "area_px")]
    assert box == ["1", "1", "8", "3", "10"]
    assert pieces["area_fraction"] == "0.166667"  # 10 of 60


def test_the_box_is_around_all_objects(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.jpg", THREE, "objects", objects=3)
    (row,) = rows(empty_run, tmp_path / "t.csv")
    box = [row[name] for name in ("left", "top", "box_width", "box_height", "objects")]
    assert box == ["1", "1", "6", "4", "3"]


def test_without_an_object_there_is_no_box(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.jpg", NOTHING, status="no_object")
    (row,) = rows(empty_run, tmp_path / "t.csv")
    assert (row["status"], row["left"], row["area_px"]) == ("no_object", "", "0")
