"""The report as JSON and CSV."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest
from eval_folders import TRUTH, drawn, save

from automask.errors import OutputError
from automask.evaluate.evaluation import Options, Report, evaluate
from automask.evaluate.report import write_csv, write_json


def report_of(predicted: Path, truth: Path) -> Report:
    return evaluate(Options(predicted, truth))


def json_of(report: Report, file: Path) -> dict[str, Any]:
    write_json(file, report)
    return dict(json.loads(file.read_text()))


def csv_of(report: Report, file: Path) -> list[dict[str, str]]:
    write_csv(file, report)
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_json_holds_every_figure(tmp_path: Path, predicted: Path, truth: Path) -> None:
    found = json_of(report_of(predicted, truth), tmp_path / "eval.json")
    assert found["schema"] == 1
    assert found["options"]["contour"] == "background"
    assert found["predicted"]["values"] == [0, 255]
    assert found["truth"]["convention"] == {
        "foreground": 255, "background": 0, "contour": None, "levels": False,
    }  # fmt: skip
    assert [(s["name"], s["images"]) for s in found["summaries"]] == [
        ("a", 2), ("b", 1), ("together", 3),
    ]  # fmt: skip
    assert found["images"][1]["image"] == "a_2.png"
    assert found["images"][1]["iou"] == 0.6
    assert found["images"][1]["auroc"] is None
    assert found["trust"] is None


def test_of_an_output_json_holds_what_confidence_is_worth(
    tmp_path: Path, output: Path, truth: Path
) -> None:
    found = json_of(report_of(output, truth), tmp_path / "eval.json")
    assert found["trust"]["good_iou"] == 0.8
    assert found["trust"]["curve"]["risk"] == [0, 1 / 2, 2 / 3]
    assert found["trust"]["bins"][9]["images"] == 1
    assert found["trust"]["detectors"][0]["flag"] == "tiny"
    assert (found["images"][2]["confidence"], found["images"][2]["flags"]) == (0.2, ["tiny"])


def test_csv_has_a_line_for_each_image_failed_ones_too(
    tmp_path: Path, output: Path, truth: Path
) -> None:
    (output / "masks" / "a_1.png").unlink()
    (output / "masks" / "a_2.png").write_bytes(b"no picture")
    first, second, third = csv_of(report_of(output, truth), tmp_path / "eval.csv")
    assert (first["image"], first["status"], first["confidence"]) == ("a_1.png", "missing", "")
    assert (second["image"], second["status"], second["flags"]) == ("b_1.png", "measured", "tiny")
    assert (third["image"], third["status"], third["iou"]) == ("a_2.png", "failed", "")
    assert "not an image" in third["error"]


def test_a_name_that_is_no_text_is_spelt_out(tmp_path: Path, predicted: Path, truth: Path) -> None:
    for root in (predicted, truth):
        save(root / "c_\udcff.png", drawn(TRUTH))
    lines = csv_of(report_of(predicted, truth), tmp_path / "eval.csv")
    assert lines[-1]["image"] == "c_\\udcff.png"


def test_a_file_that_cannot_be_written_leaves_the_old_one_whole(
    tmp_path: Path, predicted: Path, truth: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "eval.json"
    file.write_text("the old one")
    report = report_of(predicted, truth)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"eval\.json: No space left"):
        write_json(file, report)
    assert file.read_text() == "the old one"
