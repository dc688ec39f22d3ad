"""`automask eval --objects` from folders to a table and files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from eval_folders import save
from typer.testing import CliRunner

from automask.cli import app
from automask.errors import UsageError
from automask.evaluate.object_report import evaluate_objects

TWO = np.array([[1, 1, 0, 2, 2]] * 2, np.uint8)
ONE = np.array([[1, 1, 0, 0, 0]] * 2, np.uint8)


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    for name in ("a_1", "a_2", "a_3"):
        save(tmp_path / "true" / f"{name}.png", TWO)
    return tmp_path / "true"


@pytest.fixture
def predicted(tmp_path: Path) -> Path:
    """Of three photographs one whole, one half, one not at all."""
    save(tmp_path / "predicted" / "a_1.png", TWO)
    save(tmp_path / "predicted" / "a_2.png", ONE)
    return tmp_path / "predicted"


def test_a_map_that_is_missing_found_nothing(predicted: Path, truth: Path) -> None:
    report = evaluate_objects(predicted, truth)
    (summary,) = report.summaries
    assert report.missing == ("a_3.png",)
    assert (summary.true_objects, summary.predicted_objects) == (6, 3)
    assert (summary.precision, summary.recall) == (1.0, 0.5)


def test_what_is_missing_can_be_left_out(predicted: Path, truth: Path) -> None:
    (summary,) = evaluate_objects(predicted, truth, skip_missing=True).summaries
    assert (summary.images, summary.recall) == (2, 0.75)


def test_of_an_output_the_maps_are_those_of_objects(predicted: Path, truth: Path) -> None:
    output = predicted.parent / "output"
    (output / "records").mkdir(parents=True)
    predicted.rename(output / "objects")
    assert evaluate_objects(output, truth, skip_missing=True).summaries[0].recall == 0.75


def test_an_output_of_single_objects_says_what_to_do(truth: Path, tmp_path: Path) -> None:
    (tmp_path / "output" / "records").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"no maps of objects.*--objects"):
        evaluate_objects(tmp_path / "output", truth)


def test_maps_of_two_sizes_are_a_failure_by_name(predicted: Path, truth: Path) -> None:
    save(predicted / "a_2.png", TWO[:1])
    report = evaluate_objects(predicted, truth)
    (failure,) = report.failures
    assert failure.image == "a_2.png"
    assert "5 x 1, the true one 5 x 2" in failure.error
    assert report.exit_code == 1


def test_the_command_prints_and_writes(predicted: Path, truth: Path, tmp_path: Path) -> None:
    files = tmp_path / "figures.json", tmp_path / "figures.csv"
    asked = ["eval", str(predicted), str(truth), "--objects"]
    result = CliRunner().invoke(
        app, [*asked, "--json", str(files[0]), "--csv", str(files[1])], env={"COLUMNS": "200"}
    )
    assert result.exit_code == 0
    assert "0.667" in result.output  # F1: 2 * 3 of 3 + 6
    assert json.loads(files[0].read_text())["summaries"][0]["f1"] == pytest.approx(2 / 3)
    rows = list(csv.DictReader(files[1].open()))
    assert [(r["image"], r["matched"]) for r in rows] == [
        ("a_1.png", "2"),
        ("a_2.png", "1"),
        ("a_3.png", "0"),
    ]


def test_what_is_for_masks_alone_is_refused(predicted: Path, truth: Path) -> None:
    asked = ["eval", str(predicted), str(truth), "--objects", "--images", str(truth)]
    result = CliRunner().invoke(app, asked)
    assert isinstance(result.exception, UsageError)
    assert "--skip-missing, --json and --csv" in str(result.exception)
