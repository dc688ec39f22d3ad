"""`automask predict` from end to end, and what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from automask.cli import app
from automask.config import load_config
from automask.errors import ConfigError, UsageError, WeightsError
from automask.output.ledger import load_records
from automask.runs.prepare import prepare
from automask.sam.build import build
from automask.sam.weights import locate
from automask.train.files import Calibration, StudentNotes, file_of
from automask.train.nets import build_net
from automask.train.settings import NetConfig, ViewConfig
from automask.train.student import write_student

NET = NetConfig(encoder="tu-mobilenetv3_small_050")


@pytest.fixture
def student(tmp_path: Path) -> Path:
    """The folder of a student that has learned nothing."""
    torch.manual_seed(0)
    folder = tmp_path / "student"
    notes = StudentNotes(net=NET, view=ViewConfig(size=64), calibration=Calibration(images=20))
    write_student(folder / "student.safetensors", build_net(NET), notes)
    return folder


def test_a_student_is_found_by_its_folder_and_by_its_file(student: Path) -> None:
    by_folder, by_file = locate(str(student)), locate(str(student / "student.safetensors"))
    assert by_folder == by_file
    assert by_folder.checkpoint.is_student
    assert len(by_folder.sha256) == 64


def test_a_folder_without_a_student_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="holds no student; name what `automask train` made"):
        file_of(tmp_path)


def test_where_a_sam_is_needed_a_student_is_refused_by_name(student: Path) -> None:
    with pytest.raises(WeightsError, match="which answers no points and boxes"):
        build(locate(str(student)))


def test_prompts_are_refused_before_any_work(student: Path, discs: Path, tmp_path: Path) -> None:
    prompts = tmp_path / "boxes.csv"
    prompts.write_text("image,box\n*,1 1 20 20\n")
    asked = {"input": discs / "images", "output": tmp_path / "out", "model": str(student)}
    with pytest.raises(UsageError, match="a student takes no prompts"):
        prepare(load_config(None, {**asked, "prompts": prompts}))


def test_other_weights_are_no_student(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"a": np.zeros(1, np.float32)}, tmp_path / "tuned.safetensors")
    with pytest.raises(WeightsError, match="is no student of `automask train`"):
        file_of(tmp_path / "tuned.safetensors")


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"propose": {"settings": {"overlap": 0.95}}}, ConfigError, "overlap must be a share"),
        ({"model": "tiny", "save": ["probability"]}, UsageError, "tiny knows none"),
    ],
)
def test_what_does_not_go_together_is_said_before_any_work(
    student: Path, discs: Path, tmp_path: Path, settings: dict, error: type[Exception], words: str
) -> None:
    asked = {"input": discs / "images", "output": tmp_path / "out", "model": str(student)}
    with pytest.raises(error, match=words):
        prepare(load_config(None, {**asked, **settings}))


@pytest.mark.slow
def test_predict_writes_records_and_results_and_a_rerun_does_nothing(
    student: Path, discs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    line = [
        "predict",
        str(student),
        str(discs / "images"),
        str(out),
        "--no-report",
        "--workers",
        "1",
    ]
    line += ["--save", "mask,trimap,probability", "--device", "cpu", "--flips"]
    first = CliRunner().invoke(app, line)
    assert first.exit_code == 0, first.output
    records = load_records(out)
    assert len(records) == 12
    assert {(r.generator, r.model_sha256) for r in records.values()} == {
        ("student", locate(str(student)).sha256)
    }
    with Image.open(out / "probabilities/00.png") as image:
        assert (image.mode, image.size) == ("L", (64, 48))
    before = {file: os.stat(file).st_mtime_ns for file in out.glob("masks/*")}
    again = CliRunner().invoke(app, line)
    assert again.exit_code == 0, again.output
    assert {file: os.stat(file).st_mtime_ns for file in out.glob("masks/*")} == before
    assert "12 done before" in again.output


@pytest.mark.slow
def test_another_way_of_looking_makes_other_masks(
    student: Path, discs: Path, tmp_path: Path
) -> None:
    line = ["predict", str(student), str(discs / "images"), str(tmp_path / "out"), "--no-report"]
    line += ["--workers", "1", "--limit", "1", "--device", "cpu"]
    assert CliRunner().invoke(app, line).exit_code == 0
    refused = CliRunner().invoke(app, [*line, "--flips"])
    assert "propose.settings.flips: was None, now True" in str(refused.exception)
