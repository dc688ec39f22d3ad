"""choose: how sure it is, which proposals are asked again, and when the answer is taken.

The log odds of a proposal are 10 x (predicted IoU - 0.5) throughout.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.config import ChooseConfig
from automask.image.choose import (
    MAX_CONTENDERS,
    choose,
    confidence_evidence,
    contenders,
    convinces,
    with_second_look,
)
from automask.image.scorer import CONFIDENCE_NAMES, Linear, Scorer, Term
from automask.records import Proposal, Scene

Mask = NDArray[np.bool_]
ConfigMaker = Callable[..., ChooseConfig]

BY_PREDICTED_IOU = Linear(
    intercept=-5, terms={"predicted_iou": Term(mean=0, deviation=1, weight=10)}
)


@pytest.fixture
def config(tmp_path: Path) -> ConfigMaker:
    """Settings whose confidence is by the weights that are given: of a deviation of 1 about 0."""
    numbers = itertools.count()

    def make(
        sure_by: dict[str, float] | None = None, intercept: float = 0, **changes: Any
    ) -> ChooseConfig:
        terms = {n: Term(mean=0, deviation=1, weight=w) for n, w in (sure_by or {}).items()}
        confidence = Linear(intercept=intercept, terms=terms)
        scorer = Scorer(fitted_on="a test", choice=BY_PREDICTED_IOU, confidence=confidence)
        file = tmp_path / f"{next(numbers)}.json"
        file.write_text(scorer.model_dump_json())
        return ChooseConfig(fitted=file, **{"same_object_iou": 0.7, "margin_cap": 4.0, **changes})

    return make


def box(top: int, left: int, bottom: int, right: int) -> Mask:
    mask = np.zeros((16, 16), np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def proposal(mask: Mask, predicted_iou: float = 0.9, stability: float = 0.95) -> Proposal:
    return Proposal(mask, predicted_iou, stability)


CAR = box(4, 4, 8, 12)
CAR_LESS_A_CORNER = CAR & ~box(4, 4, 5, 6)  # 30 of 32 px
DOG, BALL, TREE = box(10, 1, 14, 5), box(10, 10, 12, 12), box(1, 1, 3, 3)
FRAME = ~box(1, 1, 15, 15)


# The confidence: how likely the chosen mask is good.


def test_confidence_is_one_half_where_nothing_counts(config: ConfigMaker) -> None:
    assert choose([proposal(CAR)], config()).confidence == 0.5


def test_confidence_follows_the_evidence_of_what_was_chosen(config: ConfigMaker) -> None:
    # The chosen one's stability of 0.5 by 2 is 1, and 1 / (1 + exp(-1)) = 0.73106.
    proposals = [proposal(CAR, 0.9, stability=0.5), proposal(DOG, 0.8, stability=0.9)]
    choice = choose(proposals, config({"stability": 2}))
    assert choice.confidence == pytest.approx(0.73106, abs=1e-5)


def test_confidence_follows_the_score(config: ConfigMaker) -> None:
    # Even odds have the score 0.5: 2 x 0.5 = 1.
    choice = choose([proposal(CAR, 0.5)], config({"score": 2}))
    assert choice.confidence == pytest.approx(0.73106, abs=1e-5)


def test_confidence_grows_with_the_margin(config: ConfigMaker) -> None:
    # Log odds of 4 and 3: a margin of 1.
    choice = choose([proposal(CAR, 0.9), proposal(DOG, 0.8)], config({"margin": 1}))
    assert choice.confidence == pytest.approx(0.73106, abs=1e-5)


def test_without_a_runner_up_the_margin_counts_as_its_cap(config: ConfigMaker) -> None:
    # 2.5 x 0.4 = 1.
    choice = choose([proposal(CAR)], config({"margin": 0.4}, margin_cap=2.5))
    assert choice.confidence == pytest.approx(0.73106, abs=1e-5)


@pytest.mark.parametrize(("intercept", "confidence"), [(-1000, 0.0), (1000, 1.0)])
def test_confidence_stays_in_0_to_1(
    config: ConfigMaker, intercept: float, confidence: float
) -> None:
    assert choose([proposal(CAR)], config(intercept=intercept)).confidence == confidence


def test_what_the_scene_does_not_tell_changes_no_confidence(config: ConfigMaker) -> None:
    assert choose([proposal(CAR)], config({"saliency_iou": 9})).confidence == 0.5


def test_confidence_grows_with_the_iou_that_a_second_look_predicts(config: ConfigMaker) -> None:
    settings = config({"second_look_iou": 2})
    choice = choose([proposal(CAR)], settings)
    # 2 x 0.5 = 1; what is not known counts nothing.
    assert with_second_look(choice, settings, 0.5).confidence == pytest.approx(0.73106, abs=1e-5)
    assert with_second_look(choice, settings, None) == choice
    assert choice.confidence == 0.5


def test_a_second_look_changes_nothing_but_the_confidence(config: ConfigMaker) -> None:
    settings = config({"second_look_iou": 2})
    choice = choose([proposal(CAR), proposal(DOG, 0.7)], settings)
    looked = with_second_look(choice, settings, 0.9)
    assert (looked.index, looked.runner_up, looked.score) == (0, 1, choice.score)
    assert (looked.margin, looked.terms, looked.flags) == (
        choice.margin, choice.terms, choice.flags
    )  # fmt: skip


def test_all_that_confidence_is_made_of_has_its_name(config: ConfigMaker) -> None:
    choice = choose([proposal(CAR)], config())
    assert confidence_evidence(choice, 0.75).keys() == set(CONFIDENCE_NAMES)
    assert confidence_evidence(choice, 0.75)["second_look_iou"] == 0.75
    assert "second_look_iou" not in confidence_evidence(choice, None)


# Contenders: what is asked again before the choice, the likely winner and those close behind.


@pytest.mark.parametrize(("predicted_iou", "expected"), [(0.81, [0, 2]), (0.79, [0])])
def test_a_runner_up_contends_where_it_is_close(
    config: ConfigMaker, predicted_iou: float, expected: list[int]
) -> None:
    # Behind the winner by log odds of 0.9 and of 1.1.
    proposals = [
        proposal(CAR, 0.9), proposal(CAR_LESS_A_CORNER, 0.89), proposal(DOG, predicted_iou)
    ]  # fmt: skip
    found = contenders(proposals, Scene(), config(contender_margin=1.0))
    assert found == [proposals[i] for i in expected]


def test_the_best_contender_comes_first_and_no_more_than_a_few_come(config: ConfigMaker) -> None:
    proposals = [
        proposal(mask, iou) for mask, iou in ((TREE, 0.86), (CAR, 0.88), (BALL, 0.87), (DOG, 0.89))
    ]
    found = contenders(proposals, Scene(), config(contender_margin=1.0))
    assert found == [proposals[i] for i in (3, 1, 2)]
    assert len(found) == MAX_CONTENDERS


def test_a_frame_does_not_contend(config: ConfigMaker) -> None:
    assert contenders([proposal(FRAME, 0.99)], Scene(), config()) == []


def test_without_proposals_nothing_contends(config: ConfigMaker) -> None:
    assert contenders([], Scene(), config()) == []


def test_what_contends_need_not_be_good_enough_to_be_chosen(config: ConfigMaker) -> None:
    """Asked again, the same object may come out better."""
    weak, settings = proposal(CAR, 0.1), config(min_score=0.3)
    assert choose([weak], settings).index is None
    assert contenders([weak], Scene(), settings) == [weak]


# Whether what a second look saw takes the place of what was chosen.


@pytest.mark.parametrize(
    ("predicted_iou", "is_taken"), [(0.95, True), (0.9, True), (0.86, True), (0.84, False)]
)
def test_a_second_look_convinces_with_as_much_evidence_or_a_little_less(
    config: ConfigMaker, predicted_iou: float, is_taken: bool
) -> None:
    # 0.86 is less by log odds of 0.4, 0.84 by 0.6.
    proposals = [proposal(DOG, 0.99), proposal(CAR, 0.9)]
    seen, settings = proposal(CAR_LESS_A_CORNER, predicted_iou), config(second_look_loss=0.5)
    assert convinces(seen, proposals, 1, settings, Scene()) is is_taken


@pytest.mark.parametrize(
    "mask", [FRAME, box(0, 0, 0, 0), box(0, 0, 16, 16)], ids=["a frame", "nothing", "everything"]
)
def test_what_is_never_an_object_does_not_convince(config: ConfigMaker, mask: Mask) -> None:
    proposals = [proposal(CAR, 0.5)]
    assert not convinces(proposal(mask, 1.0), proposals, 0, config(), Scene())
