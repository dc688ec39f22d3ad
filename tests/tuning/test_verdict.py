"""What `automask tune` says of the new weights: never more than the held-out photographs tell."""

from __future__ import annotations

import io
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from automask.evaluate.choice import Row
from automask.evaluate.prompts import PromptRow
from automask.tuning.fit import Look
from automask.tuning.tune import Measured, Tuned, count_own, print_before_after

NOTHING = np.zeros(0, np.float32)


def row(final: float) -> Row:
    known: dict[str, Any] = {field.name: 0.5 for field in fields(Row)}
    return Row(**{**known, "image": "a.png", "flags": "", "final": final})


def measured(final: float, box: float = 0.5) -> Measured:
    prompt = PromptRow("a.png", "a", box, 0.5, 0.5, 0.5, NOTHING, NOTHING)
    return Measured([row(final)] * 4, [prompt])


def told(before: Measured, after: Measured, best_step: int = 20) -> str:
    looks = [Look(0, 1.0), Look(20, 0.5 if best_step else 2.0)]
    console = Console(file=io.StringIO(), width=200)
    print_before_after(console, Tuned(16, before, after, looks, Path("my shoes.safetensors")))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_where_the_figures_rose_it_says_how_to_use_the_weights() -> None:
    assert "use it: --model 'my shoes.safetensors'" in told(measured(0.7), measured(0.8))


@pytest.mark.parametrize("after", [measured(0.6), measured(0.9, box=0.4)])
def test_where_a_figure_fell_it_never_says_use_it(after: Measured) -> None:
    text = told(measured(0.7), after)
    assert "use it" not in text
    assert "lower than before: " in text


def test_held_out_masks_of_the_model_itself_can_show_no_gain() -> None:
    text = told(measured(1.0), measured(0.97))
    assert "4 of 4 held-out masks are this model's own" in text
    assert "the table cannot show a gain" in text
    assert "--truth DIR" in text
    assert "use it" not in text


def test_a_mask_that_a_person_drew_is_not_the_model_s_own() -> None:
    assert count_own([row(0.93), row(0.996)]) == 1


def test_where_nothing_improved_it_says_so() -> None:
    text = told(measured(0.7), measured(0.7), best_step=0)
    assert "the weights stay as they were" in text
    assert "use it" not in text
