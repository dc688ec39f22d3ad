"""`automask fit-choice`: what it refuses, and the file that it writes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from fake_model import FakeModel
from PIL import Image

import automask.api
from automask.cli import main
from automask.config import ChooseConfig
from automask.image.scorer import scorer
from automask.records import Proposal, ProposalSet, Scene


def call(*arguments: object, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of `automask fit-choice ARGUMENTS`, run in this process."""
    monkeypatch.setattr(sys, "argv", ["automask", "fit-choice", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


class FakeProposer(FakeModel):
    """What is red, and what is not."""

    mask_side = 256

    def propose(self, image_rgb: np.ndarray) -> ProposalSet:
        red = image_rgb[..., 0] > image_rgb[..., 2]
        below = np.arange(image_rgb.shape[0])[:, None] > 18
        proposals = [Proposal(~red & ~below, 0.95, 0.9), Proposal(red, 0.9, 0.9)]
        return ProposalSet(proposals, Scene(image_rgb), {"encode": 0.0, "decode": 0.0})

    def look_again(self, *_: np.ndarray) -> ProposalSet:
        raise AssertionError("the choice is sure: nobody looks again")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten photographs of a red disc in `images/`, with their masks in `masks/`."""
    rows, columns = np.mgrid[0:24, 0:32]
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for number in range(10):
        disc = np.hypot(rows - 11, columns - 10 - number) < 6
        image = np.where(disc[..., None], (200, 30, 30), (30, 60, 200)).astype(np.uint8)
        Image.fromarray(image).save(tmp_path / "images" / f"{number}.png")
        Image.fromarray(disc.astype(np.uint8) * 255).save(tmp_path / "masks" / f"{number}.png")
    return tmp_path


@pytest.fixture
def without_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automask.api, "proposer_for", lambda _config: FakeProposer())


@pytest.mark.usefixtures("without_model")
def test_the_weights_are_written_to_the_file_and_a_run_can_take_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "new" / "ours.json"
    arguments = (folder / "images", folder / "masks", "--out", out, "--from-nothing")
    assert call(*arguments, monkeypatch=monkeypatch) == 0
    assert scorer(ChooseConfig(fitted=out).fitted).fitted_on.startswith("10 photographs")
    assert "fitted on 10 photographs" in capsys.readouterr().out


def test_a_file_of_another_ending_is_refused_before_any_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (folder / "images", folder / "masks", "--out", folder / "ours.txt")
    assert call(*arguments, monkeypatch=monkeypatch) == 2
    assert "--out must end in .json, not 'ours.txt'" in capsys.readouterr().err
    assert not (folder / "ours.txt").exists()


@pytest.mark.usefixtures("without_model")
def test_too_few_photographs_are_refused_and_nothing_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "ours.json"
    arguments = (folder / "images", folder / "masks", "--out", out, "--limit", 3, "--from-nothing")
    assert call(*arguments, monkeypatch=monkeypatch) == 2
    assert "3 photographs with proposals: 8 is the least" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.usefixtures("without_model")
def test_weights_that_cannot_be_begun_with_are_refused_with_their_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.json").write_text("{}")
    (folder / "config.toml").write_text(f'[choose]\nfitted = "{folder}/broken.json"\n')
    arguments = (
        folder / "images", folder / "masks", "--out", folder / "ours.json",
        "--config", folder / "config.toml",
    )  # fmt: skip
    assert call(*arguments, monkeypatch=monkeypatch) == 2
    assert "broken.json holds no weights of the choice" in capsys.readouterr().err
