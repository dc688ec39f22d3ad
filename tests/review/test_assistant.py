"""Clicks become masks, with a model of random weights: who is asked what, and what is kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from miniature import SMALL
from pipeline_fakes import FakeProposer

from automask.config import RunConfig
from automask.errors import ImageError
from automask.review import assistant
from automask.review.assistant import Assistant
from automask.review.clicks import Clicks
from automask.review.photographs import Photograph
from automask.sam.tiny import build_tiny

SIZE = (48, 80)
MASK = np.zeros(SIZE, np.bool_)
MASK[10:30, 20:60] = True


class Photographs:
    """Gives a photograph of noise for each id, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, item: str) -> Photograph:
        self.asked.append(item)
        if item == "gone":
            raise ImageError("it is gone")
        noise = np.random.default_rng(0).integers(0, 256, (*SIZE, 3))
        return Photograph(noise.astype(np.uint8), SIZE)


@pytest.fixture
def make() -> Callable[..., Assistant]:
    torch.manual_seed(0)
    model = build_tiny(SMALL)
    config = RunConfig(input=Path(), output=Path())

    def made(photographs: Any = None, **more: bool) -> Assistant:
        return Assistant(model, FakeProposer(), photographs or Photographs(), config, **more)

    return made


def test_a_first_point_has_three_answers(make: Callable[..., Assistant]) -> None:
    found = make().ask("a", Clicks([(40, 12, True)]))
    assert 1 <= len(found) <= 3
    assert [one.mask.shape for one in found] == [SIZE] * len(found)
    scores = [one.predicted_iou for one in found]
    assert scores == sorted(scores, reverse=True)


def test_a_mask_in_hand_is_changed_whole_or_at_the_click_alone(
    make: Callable[..., Assistant],
) -> None:
    found = make().ask("a", Clicks([(5, 5, True)], current=MASK))
    local = [one for one in found if (one.mask & ~MASK).sum() == (one.mask ^ MASK).sum()]
    assert local  # what takes nothing of the mask in hand away


def test_a_model_that_cannot_mend_is_asked_without_the_mask_as_well(
    make: Callable[..., Assistant],
) -> None:
    clicks = Clicks([(5, 5, True)], current=MASK)
    both, fed_back = make(is_fresh_too=True).ask("a", clicks), make().ask("a", clicks)
    assert both[0].predicted_iou != fed_back[0].predicted_iou


def test_a_photograph_is_encoded_once_and_ahead(make: Callable[..., Assistant]) -> None:
    photographs = Photographs()
    helper = make(photographs)
    helper.look_ahead(["a", "gone", "b"])
    for _ in range(100):
        if helper.is_ready("b"):
            break
        time.sleep(0.05)
    assert helper.is_ready("a")
    assert helper.is_ready("b")
    assert not helper.is_ready("gone")
    assert photographs.asked == ["a", "gone", "b"]


def test_what_is_kept_is_bounded(
    make: Callable[..., Assistant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assistant, "KEPT_EMBEDDINGS", 2)
    monkeypatch.setattr(assistant, "KEPT_ANSWERS", 3)
    helper = make()
    for item in "abcd":
        helper.ask(item, Clicks([(40, 12, True)]))
    assert [helper.is_ready(item) for item in "abcd"] == [False, False, True, True]
    assert len(helper._answers) == 3


def test_proposals_are_those_of_a_run(make: Callable[..., Assistant]) -> None:
    (only,) = make().proposals("a")
    expected = np.zeros(SIZE, np.bool_)
    expected[16:32, 20:60] = True
    assert (only.mask == expected).mean() > 0.98


def test_closing_ends_the_work_ahead(make: Callable[..., Assistant]) -> None:
    helper = make()
    helper.look_ahead(["a"])
    helper.close()
    assert not helper._worker.is_alive()
