"""`automask tune` from folder to new weights."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from miniature import SMALL
from rich.console import Console

from automask.config import RunConfig
from automask.errors import UsageError
from automask.labelled.folder import Labelled
from automask.sam.build import build, tiny_sizes
from automask.sam.tiny import build_tiny
from automask.sam.weights import locate
from automask.tiny_training.export import export
from automask.tuning.fit import FitConfig
from automask.tuning.reviewed import hold_out
from automask.tuning.tune import Tuned, print_before_after, tune

STEPS = FitConfig(steps=30, check_every=10)


def quiet() -> Console:
    return Console(file=io.StringIO(), width=200)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Weights of a small untrained model, as a file."""
    import torch

    torch.manual_seed(0)
    file = tmp_path / "base.safetensors"
    export(build_tiny(SMALL), SMALL, file, {})
    return file


def tuned_discs(base: Path, out: Path, discs: list[Labelled]) -> Tuned:
    config = RunConfig(input=out.parent, output=out.parent, model=str(base))
    learn, held_out = hold_out(discs, 0.3)
    return tune(config, learn, held_out, out, STEPS, quiet())


@pytest.mark.slow
def test_the_new_weights_are_a_model_and_better_on_the_held_out(
    base: Path, tmp_path: Path, discs: list[Labelled]
) -> None:
    out = tmp_path / "mine.safetensors"
    tuned = tuned_discs(base, out, discs)
    assert min(look.loss for look in tuned.looks) < tuned.looks[0].loss
    assert len(tuned.before.rows) == len(tuned.after.rows) == len(discs) - tuned.learned_from
    weights = locate(str(out))  # as `--model mine.safetensors` finds it
    assert tiny_sizes(out) == SMALL
    assert build(weights).image_encoder.img_size == 64
    assert sorted(p.name for p in tmp_path.iterdir()) == ["base.safetensors", "mine.safetensors"]

    console = quiet()
    print_before_after(console, tuned)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "chosen mask, IoU" in text
    assert f"learned from {tuned.learned_from}, measured on {len(tuned.before.rows)}" in text
    assert str(out) in text  # whether it is worth it is told by verdict.py


@pytest.mark.parametrize("name", ["mine.pth", "mine"])
def test_another_ending_is_refused_before_the_work(
    base: Path, tmp_path: Path, discs: list[Labelled], name: str
) -> None:
    with pytest.raises(UsageError, match=r"must end in \.safetensors"):
        tuned_discs(base, tmp_path / name, discs)


def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    base: Path, tmp_path: Path, discs: list[Labelled]
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write"):
        tuned_discs(base, tmp_path / "file" / "mine.safetensors", discs)


def test_a_folder_as_the_output_is_refused_before_the_work(
    base: Path, tmp_path: Path, discs: list[Labelled]
) -> None:
    (tmp_path / "mine.safetensors").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        tuned_discs(base, tmp_path / "mine.safetensors", discs)
