"""choose: the primary object of a photograph, by evidence that has names.

Masks are drawn: # is on the mask, . is not. The weights are written out here, so that a new fit of
the shipped ones changes none of the values worked out below: most tests go by the predicted IoU
alone, whose log odds are then 10 x (predicted IoU - 0.5).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.config import ChooseConfig
from automask.errors import ConfigError
from automask.image.choose import choose, flags_of
from automask.image.evidence import NAMES, evidence
from automask.image.ranking import area_fraction, border_coverage
from automask.image.scorer import Linear, Scorer, Term
from automask.records import Choice, Proposal, Scene

Mask = NDArray[np.bool_]
ConfigMaker = Callable[..., ChooseConfig]


def drawn(*rows: str) -> Mask:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def linear(weights: Mapping[str, float], intercept: float = 0.0) -> Linear:
    """Each feature counts by its weight; its mean is 0 and its deviation 1."""
    terms = {name: Term(mean=0, deviation=1, weight=weight) for name, weight in weights.items()}
    return Linear(intercept=intercept, terms=terms)


BY_PREDICTED_IOU = linear({"predicted_iou": 10}, intercept=-5)


@pytest.fixture
def config(tmp_path: Path) -> ConfigMaker:
    """Settings by the predicted IoU alone, unless told otherwise, with nothing left to defaults."""
    numbers = itertools.count()

    def make(choice: Linear = BY_PREDICTED_IOU, **changes: Any) -> ChooseConfig:
        file = tmp_path / f"{next(numbers)}.json"
        scorer = Scorer(fitted_on="a test", choice=choice, confidence=linear({}))
        file.write_text(scorer.model_dump_json())
        settings: dict[str, Any] = {
            "min_area": 0.001,
            "max_area": 0.97,
            "max_border_coverage": 0.8,
            "min_score": 0.05,
            "same_object_iou": 0.7,
            "margin_cap": 4.0,
            "ambiguous_margin": 0.3,
            "tiny_area": 0.01,
            "large_area": 0.6,
            "low_stability": 0.85,
        }
        return ChooseConfig(fitted=file, **{**settings, **changes})

    return make


def proposal(mask: Mask, predicted_iou: float = 0.9, stability: float = 0.95) -> Proposal:
    return Proposal(mask, predicted_iou, stability)


CENTRED = drawn(
    "........",
    "........",
    "..####..",
    "..####..",
    "..####..",
    "..####..",
    "........",
    "........",
)
CENTRED_LESS_A_CORNER = drawn(
    "........",
    "........",
    "..####..",
    "..####..",
    "..####..",
    "..###...",
    "........",
    "........",
)
CORNER = drawn(
    "###.....",
    "###.....",
    "###.....",
    "........",
    "........",
    "........",
    "........",
    "........",
)
# A seamless studio backdrop: everything but the object.
BACKDROP = ~CENTRED
SPECK = drawn("#" + "." * 39, *["." * 40] * 39)


# What is never an object is known by its area and by how much of the border it covers.


def test_area_fraction_is_the_share_of_the_image() -> None:
    assert area_fraction(CENTRED) == 16 / 64


def test_border_coverage_of_a_mask_inside_is_0() -> None:
    assert border_coverage(CENTRED) == 0.0


def test_border_coverage_counts_each_border_pixel_once() -> None:
    # 4 x 3 pixels have a border of 10; the corner at top left belongs to two sides, but counts 1.
    assert border_coverage(drawn("##..", "#...", "....")) == pytest.approx(3 / 10)


def test_border_coverage_of_a_backdrop_is_1() -> None:
    assert border_coverage(BACKDROP) == 1.0


def test_border_coverage_of_a_single_row_is_its_share() -> None:
    assert border_coverage(drawn("#...")) == 0.25


NOTHING = Choice(None, 0.0, 0.0)


@pytest.mark.parametrize(
    ("mask", "limit"),
    [
        (SPECK, {"min_area": 0.001}),  # 1 of 1600 pixels
        (drawn("####", "####", "####", "###."), {"max_area": 0.9, "max_border_coverage": 1.0}),
        (BACKDROP, {"max_border_coverage": 0.99}),
        (drawn("....", "...."), {"min_area": 0.001}),
    ],
    ids=["a speck", "the whole frame", "a backdrop", "an empty mask"],
)
def test_what_is_never_an_object_is_not_chosen(
    config: ConfigMaker, mask: Mask, limit: dict[str, float]
) -> None:
    assert choose([proposal(mask, 1.0, 1.0)], config(**limit, min_score=0)) == NOTHING


def test_nothing_is_no_object_whatever_its_least_area(config: ConfigMaker) -> None:
    assert choose([proposal(drawn("....", "...."))], config(min_area=0)).index is None


def test_what_is_never_an_object_is_not_even_a_runner_up(config: ConfigMaker) -> None:
    choice = choose([proposal(BACKDROP, 1.0, 1.0), proposal(CENTRED)], config())
    assert (choice.index, choice.runner_up) == (1, None)


# The choice: the most evidence wins.


def test_no_proposals_give_no_object(config: ConfigMaker) -> None:
    assert choose([], config()) == NOTHING


def test_a_single_proposal_wins_without_a_runner_up(config: ConfigMaker) -> None:
    choice = choose([proposal(CENTRED)], config())
    assert (choice.index, choice.runner_up) == (0, None)


def test_the_score_is_the_chance_that_the_evidence_speaks_of(config: ConfigMaker) -> None:
    # 10 x (0.6 - 0.5) = 1, and 1 / (1 + exp(-1)) = 0.73106.
    assert choose([proposal(CENTRED, 0.6)], config()).score == pytest.approx(0.73106, abs=1e-5)


def test_features_add_up_by_their_weights(config: ConfigMaker) -> None:
    # The corner against the middle: 2 x 0.9 - 4 x 9/64 = 1.2375 against 2 x 0.7 - 4 x 16/64 = 0.4.
    by_both = config(linear({"predicted_iou": 2, "area": -4}))
    choice = choose([proposal(CENTRED, 0.7), proposal(CORNER, 0.9)], by_both)
    assert choice.index == 1
    assert choice.margin == pytest.approx(1.2375 - 0.4, abs=1e-5)


def test_the_choice_carries_the_evidence_of_the_winner(config: ConfigMaker) -> None:
    proposals = [proposal(CORNER, 0.6), proposal(CENTRED, 0.8)]
    choice = choose(proposals, config())
    expected = dict(zip(NAMES, evidence(proposals, Scene())[1].tolist(), strict=True))
    assert choice.index == 1
    assert choice.terms == pytest.approx(expected, nan_ok=True)


def test_the_scene_has_a_say(config: ConfigMaker) -> None:
    proposals = [proposal(CORNER), proposal(CENTRED)]
    by_saliency = config(linear({"saliency_inside": 1}))
    for index, salient in enumerate((CORNER, CENTRED)):
        scene = Scene(saliency=salient.astype(np.float32))
        assert choose(proposals, by_saliency, scene).index == index


def test_without_a_scene_the_evidence_is_of_the_masks_alone(config: ConfigMaker) -> None:
    by_saliency = config(linear({"saliency_inside": 9, "predicted_iou": 10}, intercept=-5))
    assert choose([proposal(CENTRED, 0.5)], by_saliency).score == pytest.approx(0.5)


@pytest.mark.parametrize(("predicted_iou", "index"), [(0.39, None), (0.41, 0)])
def test_too_little_evidence_gives_no_object(
    config: ConfigMaker, predicted_iou: float, index: int | None
) -> None:
    # Log odds of -1 have the score 0.26894.
    choice = choose([proposal(CENTRED, predicted_iou)], config(min_score=0.26894))
    assert choice.index == index
    assert (choice == NOTHING) == (index is None)


# Weights can be changed: each of them, or all together.


def test_weights_in_the_config_change_the_winner(config: ConfigMaker) -> None:
    proposals = [proposal(CORNER, 0.99), proposal(CENTRED, 0.6)]
    file = linear({"predicted_iou": 1, "centrality": 0})
    assert choose(proposals, config(file)).index == 0
    assert choose(proposals, config(file, weights={"centrality": 5})).index == 1


def test_a_weight_of_no_evidence_is_refused(config: ConfigMaker) -> None:
    with pytest.raises(ConfigError, match=r"choose\.weights: no evidence is named beauty"):
        choose([proposal(CENTRED)], config(weights={"beauty": 1.0}))


def test_weights_that_are_given_take_the_place_of_the_config_s(config: ConfigMaker) -> None:
    proposals = [proposal(CORNER, 0.99), proposal(CENTRED, 0.6)]
    assert choose(proposals, config(), weights=linear({"area": 1})).index == 1


# The runner-up: the best that shows something else; and how far it lies behind.


def test_the_runner_up_is_not_the_winner_once_more(config: ConfigMaker) -> None:
    # The second lacks one of the winner's 16 pixels: IoU 15/16 is above 0.7, the same object.
    proposals = [
        proposal(CENTRED, 0.9), proposal(CENTRED_LESS_A_CORNER, 0.89), proposal(CORNER, 0.7)
    ]  # fmt: skip
    choice = choose(proposals, config())
    assert (choice.index, choice.runner_up) == (0, 2)


def test_what_counts_as_the_same_object_follows_the_config(config: ConfigMaker) -> None:
    proposals = [
        proposal(CENTRED, 0.9), proposal(CENTRED_LESS_A_CORNER, 0.89), proposal(CORNER, 0.7)
    ]  # fmt: skip
    assert choose(proposals, config(same_object_iou=0.95)).runner_up == 1


def test_near_duplicates_alone_leave_no_runner_up(config: ConfigMaker) -> None:
    proposals = [proposal(CENTRED, 0.9), proposal(CENTRED_LESS_A_CORNER, 0.89)]
    assert choose(proposals, config()).runner_up is None


@pytest.mark.parametrize(
    ("proposals", "margin"),
    [
        ([proposal(CENTRED, 0.9), proposal(CORNER, 0.7)], 2),  # 10 x 0.2
        ([proposal(CENTRED, 0.9), proposal(CENTRED_LESS_A_CORNER, 0.89)], 4),
        ([proposal(CENTRED, 0.9), proposal(CORNER, 0.2)], 4),  # 7 is more than the cap
        ([proposal(CENTRED, 0.9)], 4),
    ],
    ids=["a runner-up", "none but the same", "far behind", "none"],
)
def test_the_margin_is_of_log_odds_and_has_a_cap(
    config: ConfigMaker, proposals: list[Proposal], margin: float
) -> None:
    assert choose(proposals, config(margin_cap=4)).margin == pytest.approx(margin, abs=1e-5)


# Flags: what a person should know of the winner.


def mask_of(shape: tuple[int, int], top: int, left: int, bottom: int, right: int) -> Mask:
    mask = np.zeros(shape, np.bool_)
    mask[top:bottom, left:right] = True
    return mask


@pytest.mark.parametrize(
    ("proposals", "flags"),
    [
        ([proposal(CENTRED)], ()),
        ([proposal(CENTRED, 0.80), proposal(CORNER, 0.78)], ("ambiguous",)),  # a margin of 0.2
        ([proposal(CENTRED, 0.80), proposal(CORNER, 0.76)], ()),  # 0.4 is more than 0.3
        ([proposal(CENTRED, stability=0.84)], ("low_stability",)),
    ],
    ids=["none", "a narrow win", "a clear win", "unstable"],
)
def test_flags_of_the_choice(
    config: ConfigMaker, proposals: list[Proposal], flags: tuple[str, ...]
) -> None:
    assert choose(proposals, config()).flags == flags


@pytest.mark.parametrize(
    ("mask", "flags"),
    [
        (CENTRED, ()),
        (drawn(".....", ".....", ".###.", ".###."), ("touches_border",)),
        (mask_of((20, 20), 10, 9, 11, 12), ("tiny",)),  # 3 of 400 px: 0.0075
        (mask_of((10, 10), 1, 1, 9, 9), ("fills_frame",)),  # 64 of 100 px
        (np.ones((4, 4), np.bool_), ("touches_border", "fills_frame")),
        (np.zeros((4, 4), np.bool_), ()),  # no object, of which there is nothing to tell
    ],
    ids=["none", "cut off", "small", "large", "two", "empty"],
)
def test_flags_of_the_final_mask_whatever_was_chosen(
    config: ConfigMaker, mask: Mask, flags: tuple[str, ...]
) -> None:
    assert flags_of(choose([proposal(CENTRED)], config()), mask, config()) == flags


def test_flags_of_the_choice_follow_those_of_the_mask(config: ConfigMaker) -> None:
    choice = choose([proposal(CENTRED, stability=0.5)], config())
    assert flags_of(choice, CORNER, config()) == ("touches_border", "low_stability")


# What the choice does and does not depend on.


def test_neither_winner_nor_score_depends_on_the_order(config: ConfigMaker) -> None:
    proposals = [proposal(CORNER, 0.7), proposal(BACKDROP, 1.0), proposal(CENTRED, 0.8)]
    settings = config(linear({"predicted_iou": 1, "centrality": 1, "wholes": -1, "explained": 1}))
    for order in itertools.permutations(proposals):
        choice = choose(order, settings)
        assert choice.index is not None
        assert order[choice.index].mask is CENTRED
        assert choice.score == pytest.approx(choose(proposals, settings).score)


@pytest.mark.parametrize("masks", [(CORNER, CORNER[::-1]), (CENTRED, CENTRED)])
def test_of_equals_the_first_wins(config: ConfigMaker, masks: Sequence[Mask]) -> None:
    assert choose([proposal(mask) for mask in masks], config()).index == 0


def test_the_proposals_are_left_as_they_were(config: ConfigMaker) -> None:
    mask = CENTRED.copy()
    choose([proposal(mask)], config())
    assert (mask == CENTRED).all()
