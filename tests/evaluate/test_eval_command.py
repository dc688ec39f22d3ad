"""`automask eval`: what it prints and writes, and the exit code that scripts rely on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from eval_folders import TRUTH, folder, save
from PIL import Image

from automask.cli import main


def call(*arguments: object, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of `automask eval ARGUMENTS`, run in this process."""
    monkeypatch.setattr(sys, "argv", ["automask", "eval", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_two_folders_are_compared_without_torch(predicted: Path, truth: Path) -> None:
    code = (
        "import sys; sys.argv = ['automask', 'eval', *sys.argv[1:]]\n"
        "from automask.cli import main\n"
        "try: main()\n"
        "except SystemExit as stop: print(stop.code, 'torch' in sys.modules)"
    )
    page = predicted.parent / "eval.html"
    shown = subprocess.run(
        [sys.executable, "-c", code, predicted, truth, "--html", page],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "mean IoU" in shown.stdout
    assert "means with 95 % intervals" in shown.stdout
    assert " worst:" in shown.stdout
    assert shown.stdout.splitlines()[-1] == "0 False"


def test_every_file_asked_for_is_written_and_named(
    tmp_path: Path,
    output: Path,
    truth: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = {option: tmp_path / "new" / f"eval.{option}" for option in ("json", "csv", "html")}
    flags = [part for option, file in names.items() for part in (f"--{option}", file)]
    picture = tmp_path / "new" / "worst.png"
    assert call(output, truth, *flags, "--picture", picture, monkeypatch=monkeypatch) == 0
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == [
        "eval.csv", "eval.html", "eval.json", "worst-risk-coverage.png", "worst.png",
    ]  # fmt: skip
    assert json.loads(names["json"].read_text())["summaries"][-1]["images"] == 3
    assert names["html"].read_text().startswith("<!DOCTYPE html>")
    assert Image.open(picture).format == "PNG"
    shown = capsys.readouterr().out
    assert shown.count("written: ") == 5


def test_masks_of_others_have_no_curve(
    tmp_path: Path, predicted: Path, truth: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(predicted, truth, "--picture", tmp_path / "w.png", monkeypatch=monkeypatch) == 0
    assert [file.name for file in tmp_path.glob("w*")] == ["w.png"]


def test_a_failed_file_is_exit_code_1_and_the_rest_is_measured(
    predicted: Path,
    truth: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    save(predicted / "a_2.png", np.zeros((5, 7), np.uint8))
    assert call(predicted, truth, monkeypatch=monkeypatch) == 1
    shown = capsys.readouterr().out
    assert "a_2.png: the prediction is 7 x 5, the true mask 6 x 4" in shown
    assert "together" in shown


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--contour", "half"), "--contour"),
        (("--predicted-values", "white"), "--predicted-values is FOREGROUND,BACKGROUND"),
        (("--truth-values", "1,2,3"), "'a_1.png' has 0, 255, and --truth-values says"),
        (("--picture", "worst.jpg"), "--picture must end in .png"),
        (("--html", "eval.txt"), "--html must end in .html or .htm"),
        (("--images", "/nowhere"), "--images /nowhere is no folder"),
        (("--scores", "/nowhere"), "/nowhere does not exist"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_says_what(
    predicted: Path,
    truth: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    flags: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(truth.parent)
    assert call(predicted, truth, *flags, monkeypatch=monkeypatch) == 2
    message = capsys.readouterr().err
    assert said in message
    assert "Traceback" not in message


def test_an_empty_folder_is_wrong_usage(
    tmp_path: Path, truth: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none").mkdir()
    assert call(tmp_path / "none", truth, monkeypatch=monkeypatch) == 2
    assert "no mask in" in capsys.readouterr().err


def test_the_truth_may_be_an_output_too(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = folder(tmp_path / "mine", a_1=TRUTH)
    assert call(mine, output, "--skip-missing", monkeypatch=monkeypatch) == 0
