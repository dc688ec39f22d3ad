"""What an interrupted tuning leaves."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from automask.tuning.fit import Look
from automask.tuning.tune import _keep_best


def kept(*losses: float) -> tuple[int, str]:
    """How often weights were saved, and what was said, after looks every 20 steps."""
    saved: list[bool] = []
    console = Console(file=io.StringIO(), width=200)
    looks = [Look(20 * number, loss) for number, loss in enumerate(losses)]
    _keep_best(looks, lambda: saved.append(True), Path("mine.safetensors"), console)
    return len(saved), console.file.getvalue()  # type: ignore[attr-defined]


def test_the_best_state_so_far_is_saved_and_named() -> None:
    times, told = kept(1.0, 0.5, 0.7)
    assert times == 1
    assert "interrupted after step 40: the best state so far, of step 20, is in mine" in told


def test_where_nothing_was_better_no_weights_are_written() -> None:
    times, told = kept(1.0, 1.2)
    assert times == 0
    assert "no weights were written" in told
