"""The command line of a training."""

from __future__ import annotations

from pathlib import Path

import pytest
from training_sets import write_discs
from typer.testing import CliRunner

from automask.cli import app

TINY = (
    "--encoder", "tu-mobilenetv3_small_050", "--weights", "none", "--device", "cpu", "--batch", "2",
    "--steps", "1",
)  # fmt: skip


@pytest.fixture
def discs(tmp_path: Path) -> Path:
    return write_discs(tmp_path / "discs", 12)


@pytest.mark.slow
def test_a_training_prints_its_sides_its_rounds_and_its_figures(
    discs: Path, tmp_path: Path
) -> None:
    line = ["train", str(discs), "--out", str(tmp_path / "s"), *TINY, "--tile", "32"]
    line += ["--regions", "rows:50%", "--region-shares", "0.7,0.3", "--holdout", "2"]
    result = CliRunner().invoke(app, line)
    assert result.exit_code == 0, result.output
    assert "unet on tu-mobilenetv3_small_050, cpu: train 6, val 2, test 2, holdout 2" in (
        result.output
    )
    assert "step 1, pass 0.3: loss" in result.output
    assert (tmp_path / "s/student.safetensors").is_file()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--sizes", "ten"), "--sizes is numbers of photographs"),
        (("--sizes", "0,4"), "--sizes is numbers of photographs"),
        (("--holdout", "12"), "--holdout 12 leaves nothing to learn from"),
        (("--arch", "maskrcnn", "--labels", "binary"), "labels objects and arch maskrcnn go"),
        (("--regions", "grid:2x2"), "need a tile"),
        (("--tile", "64", "--regions", "sky"), "--regions is rows:200"),
        (("--split", "0.5/0.6"), "shares above 0 that add up to 1"),
    ],
)
def test_what_is_wrong_is_said_before_the_first_step(
    discs: Path, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    line = ["train", str(discs), "--out", str(tmp_path / "s"), *TINY, *options]
    result = CliRunner().invoke(app, line)
    assert words in str(result.exception)
    assert not (tmp_path / "s/training.json").exists()
