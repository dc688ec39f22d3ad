"""choose: the primary object of a photograph, by evidence that has names.

Masks are drawn: # is on the mask, . is not. The configuration is written out here, so that a new
fit of the shipped weights changes none of the values worked out below.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.config import ChooseConfig, Confidence, Weights
from automask.image.choose import (
    area_fraction,
    area_plausibility,
    border_coverage,
    centrality,
    choose,
    compactness,
    contenders,
    terms_of,
)
from automask.records import Choice, Proposal

Mask = NDArray[np.bool_]


def drawn(*rows: str) -> Mask:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def weights(**given: float) -> Weights:
    """These weights; a term that is not given weighs nothing."""
    return Weights(**{**dict.fromkeys(Weights.model_fields, 0.0), **given})


def config(**changes: Any) -> ChooseConfig:
    """All terms weigh the same; the confidence follows the score alone and is 0.5 at 0.75."""
    settings: dict[str, Any] = {
        "weights": weights(**dict.fromkeys(Weights.model_fields, 1.0)),
        "confidence": Confidence(intercept=-6, score=8, margin=0),
        "min_area": 0.001,
        "max_area": 0.97,
        "max_border_coverage": 0.8,
        "usual_area_low": 0.05,
        "usual_area_high": 0.6,
        "min_score": 0.3,
        "same_object_iou": 0.7,
        "ambiguous_margin": 0.03,
        "tiny_area": 0.01,
        "low_stability": 0.85,
    }
    return ChooseConfig(**{**settings, **changes})


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
# The wall behind an object that stands on a table: all that is left of 5 rows of 8.
WALL = drawn(
    "########",
    "########",
    "##....##",
    "##....##",
    "##....##",
    "........",
    "........",
    "........",
)
# A seamless studio backdrop: everything but the object.
BACKDROP = ~CENTRED
SPECK = drawn("#" + "." * 39, *["." * 40] * 39)


# The terms, each a number in 0..1, more is better.


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


def test_centrality_in_the_middle_is_1() -> None:
    assert centrality(CENTRED) == 1.0


def test_centrality_falls_with_the_distance_from_the_middle() -> None:
    # The only pixel is 1 of 5 widths to the left: 1 - 0.2 / hypot(0.5, 0.5) = 1 - 0.28284.
    mask = drawn(".....", ".....", ".#...", ".....", ".....")
    assert centrality(mask) == pytest.approx(0.71716, abs=1e-5)


def test_centrality_is_about_the_centre_of_mass_not_the_outline() -> None:
    # Three pixels at x = 0, 1, 4 have their mean at 5/3, 1/3 px from the middle (2) of 5:
    # 1 - (1/15) / 0.70711 = 0.90572.
    assert centrality(drawn("##..#")) == pytest.approx(0.90572, abs=1e-5)


def test_centrality_in_a_corner_nears_0() -> None:
    # The corner pixel of 100 x 100 is 0.495 widths and heights from the middle: 1 - 0.495 / 0.5.
    mask = np.zeros((100, 100), np.bool_)
    mask[0, 0] = True
    assert centrality(mask) == pytest.approx(0.01)


def test_centrality_of_an_empty_mask_is_0() -> None:
    assert centrality(drawn("....")) == 0.0


@pytest.mark.parametrize("mask", [CENTRED, drawn("#"), drawn("###")], ids=["4x4", "1x1", "1x3"])
def test_compactness_of_a_rectangle_is_1(mask: Mask) -> None:
    assert compactness(mask) == 1.0


def test_compactness_of_a_frame_is_its_share_of_what_it_encloses() -> None:
    # 12 pixels of ring around 4 x 4 pixels of hull.
    assert compactness(drawn("####", "#..#", "#..#", "####")) == 12 / 16


def test_compactness_of_an_angle_counts_the_hull_that_it_spans() -> None:
    # 5 pixels. The hull joins pixel centres: a triangle of area 2 and perimeter 4 + sqrt(8);
    # with half the perimeter and one pixel, 2 + 3.41421 + 1 = 6.41421, and 5 / 6.41421 = 0.77952.
    assert compactness(drawn("#..", "#..", "###")) == pytest.approx(0.77952, abs=1e-5)


def test_compactness_of_a_disc_is_nearly_1() -> None:
    y, x = np.mgrid[-60:61, -60:61]
    assert compactness(x**2 + y**2 <= 50**2) > 0.97


def test_compactness_of_an_empty_mask_is_0() -> None:
    assert compactness(drawn("....")) == 0.0


@pytest.mark.parametrize(
    ("fraction", "plausibility"),
    [(0.0, 0.0), (0.025, 0.5), (0.05, 1.0), (0.3, 1.0), (0.6, 1.0), (0.8, 0.5), (1.0, 0.0)],
)
def test_area_is_plausible_between_005_and_06_and_less_so_outside(
    fraction: float, plausibility: float
) -> None:
    assert area_plausibility(fraction, config()) == pytest.approx(plausibility)


def test_each_term_has_a_weight_of_the_same_name() -> None:
    assert terms_of(proposal(CENTRED), config()).keys() == Weights.model_fields.keys()


def test_the_terms_of_a_proposal() -> None:
    # The corner: 9 of 64 pixels; 5 of 28 border pixels; its middle (1, 1) is 2.5 of 8 px from the
    # image's (3.5, 3.5) both ways: 1 - 0.3125 / 0.5; a square.
    assert terms_of(proposal(CORNER, 0.7, 0.6), config()) == pytest.approx(
        {
            "predicted_iou": 0.7,
            "stability": 0.6,
            "area": 1.0,
            "border": 23 / 28,
            "centrality": 0.375,
            "compactness": 1.0,
        }
    )


def test_estimates_outside_0_to_1_are_cut_off() -> None:
    terms = terms_of(proposal(CENTRED, 1.02, -0.1), config())
    assert (terms["predicted_iou"], terms["stability"]) == (1.0, 0.0)


# The choice.


def test_the_score_is_the_weighted_mean_of_the_terms() -> None:
    # (3 * 0.6 + 1 * 0.8) / 4 = 0.65
    choice = choose(
        [proposal(CENTRED, 0.6, 0.8)], config(weights=weights(predicted_iou=3, stability=1))
    )
    assert choice.score == pytest.approx(0.65)


def test_the_choice_carries_the_terms_of_the_winner() -> None:
    proposals = [proposal(CORNER), proposal(CENTRED)]
    choice = choose(proposals, config())
    assert choice.index == 1
    assert choice.terms == terms_of(proposals[1], config())


def test_a_wall_with_the_highest_predicted_iou_loses_against_the_object() -> None:
    # Object: (0.8 + 0.9 + 1 + 1 + 1 + 1) / 6 = 0.95. Wall: 16 of 28 border pixels, 28 pixels in a
    # hull of 40 (area 28, half the perimeter 11, and 1), so even if it stood in the middle its
    # score were (1 + 1 + 1 + 12/28 + 1 + 0.7) / 6 = 0.85.
    choice = choose([proposal(WALL, 1.0, 1.0), proposal(CENTRED, 0.8, 0.9)], config())
    assert choice.index == 1
    assert choice.score == pytest.approx(0.95)
    assert choice.runner_up == 0


def test_the_shipped_settings_prefer_the_object_to_the_wall() -> None:
    choice = choose([proposal(WALL, 1.0, 1.0), proposal(CENTRED, 0.8, 0.9)], ChooseConfig())
    assert choice.index == 1


def test_the_shipped_settings_prefer_the_object_to_the_backdrop() -> None:
    choice = choose([proposal(BACKDROP, 1.0, 1.0), proposal(CENTRED, 0.6, 0.8)], ChooseConfig())
    assert choice.index == 1


def test_a_backdrop_is_not_even_a_runner_up() -> None:
    choice = choose([proposal(BACKDROP, 1.0, 1.0), proposal(CENTRED)], config())
    assert choice.runner_up is None


NOTHING = Choice(None, 0.0, 0.0)


def test_no_proposals_give_no_object() -> None:
    assert choose([], config()) == NOTHING


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
def test_what_is_never_an_object_is_not_chosen(mask: Mask, limit: dict[str, float]) -> None:
    assert choose([proposal(mask, 1.0, 1.0)], config(**limit, min_score=0)) == NOTHING


def test_too_little_evidence_gives_no_object() -> None:
    settings = config(weights=weights(predicted_iou=1), min_score=0.3)
    assert choose([proposal(CENTRED, 0.29)], settings) == NOTHING


def test_evidence_at_the_limit_is_enough() -> None:
    settings = config(weights=weights(predicted_iou=1), min_score=0.3)
    assert choose([proposal(CENTRED, 0.3)], settings).index == 0


def test_a_single_proposal_wins_without_a_runner_up() -> None:
    choice = choose([proposal(CENTRED)], config())
    assert (choice.index, choice.runner_up) == (0, None)


def test_the_runner_up_is_not_the_winner_once_more() -> None:
    # The second lacks one of the winner's 16 pixels: IoU 15/16 is above 0.7, the same object.
    proposals = [proposal(CENTRED, 0.9), proposal(CENTRED_LESS_A_CORNER, 0.89), proposal(CORNER)]
    choice = choose(proposals, config())
    assert (choice.index, choice.runner_up) == (0, 2)


def test_what_counts_as_the_same_object_follows_the_config() -> None:
    proposals = [proposal(CENTRED, 0.9), proposal(CENTRED_LESS_A_CORNER, 0.89), proposal(CORNER)]
    assert choose(proposals, config(same_object_iou=0.95)).runner_up == 1


def test_near_duplicates_alone_leave_no_runner_up() -> None:
    proposals = [proposal(CENTRED, 0.9), proposal(CENTRED_LESS_A_CORNER, 0.89)]
    assert choose(proposals, config()).runner_up is None


# Contenders: what is asked again before the choice, the likely winner and a close runner-up.


@pytest.mark.parametrize(("score", "expected"), [(0.88, [0, 2]), (0.84, [0])])
def test_a_runner_up_contends_where_it_is_close(score: float, expected: list[int]) -> None:
    settings = config(weights=weights(predicted_iou=1), contender_margin=0.05)
    proposals = [
        proposal(CENTRED, 0.9), proposal(CENTRED_LESS_A_CORNER, 0.89), proposal(CORNER, score)
    ]  # fmt: skip
    assert contenders(proposals, settings) == [proposals[i] for i in expected]


def test_a_backdrop_does_not_contend() -> None:
    assert contenders([proposal(BACKDROP, 0.99)], config()) == []


def test_what_contends_need_not_be_good_enough_to_be_chosen() -> None:
    """Asked again, the same object may come out better."""
    weak = proposal(CENTRED, 0.1)
    settings = config(weights=weights(predicted_iou=1), min_score=0.3)
    assert choose([weak], settings) == NOTHING
    assert contenders([weak], settings) == [weak]


# The confidence: logistic in the score and in the margin to the runner-up.


def test_confidence_is_one_half_where_score_and_intercept_are_even() -> None:
    settings = config(weights=weights(predicted_iou=1))
    assert choose([proposal(CENTRED, 0.75)], settings).confidence == pytest.approx(0.5)


def test_confidence_grows_with_the_margin() -> None:
    # Scores 0.75 and 0.65: 10 * 0.1 = 1, and 1 / (1 + exp(-1)) = 0.73106.
    settings = config(
        weights=weights(predicted_iou=1), confidence=Confidence(intercept=0, score=0, margin=10)
    )
    choice = choose([proposal(CENTRED, 0.75), proposal(CORNER, 0.65)], settings)
    assert choice.confidence == pytest.approx(0.73106, abs=1e-5)


def test_without_a_runner_up_the_margin_counts_up_to_its_cap() -> None:
    # Score 0.75 to nothing, capped at 0.3: 4 * 0.3 = 1.2, and 1 / (1 + exp(-1.2)) = 0.76852.
    settings = config(
        weights=weights(predicted_iou=1), confidence=Confidence(intercept=0, score=0, margin=4)
    )
    choice = choose([proposal(CENTRED, 0.75)], settings)
    assert choice.confidence == pytest.approx(0.76852, abs=1e-5)


@pytest.mark.parametrize(("intercept", "confidence"), [(-1000, 0.0), (1000, 1.0)])
def test_confidence_stays_in_0_to_1_for_any_constants(intercept: float, confidence: float) -> None:
    settings = config(confidence=Confidence(intercept=intercept, score=0, margin=0))
    assert choose([proposal(CENTRED)], settings).confidence == pytest.approx(confidence)


# Flags: what a person should know of the winner.


def flags(proposals: Sequence[Proposal], **changes: Any) -> tuple[str, ...]:
    return choose(proposals, config(**changes)).flags


def test_a_plain_object_raises_no_flag() -> None:
    assert flags([proposal(CENTRED)]) == ()


def test_an_object_cut_off_by_the_frame_is_flagged() -> None:
    mask = drawn(".....", ".....", ".###.", ".###.", ".###.")
    assert flags([proposal(mask)]) == ("touches_border",)


def test_a_tiny_object_is_flagged() -> None:
    mask = np.zeros((20, 20), np.bool_)
    mask[10, 9:12] = True  # 3 of 400 pixels are 0.0075
    assert flags([proposal(mask)]) == ("tiny",)


def test_an_object_that_fills_the_frame_is_flagged() -> None:
    mask = np.zeros((10, 10), np.bool_)
    mask[1:9, 1:9] = True  # 64 of 100 pixels are more than 0.6
    assert flags([proposal(mask)]) == ("fills_frame",)


def test_a_narrow_win_is_flagged() -> None:
    proposals = [proposal(CENTRED, 0.80), proposal(CORNER, 0.78)]  # 0.02 is less than 0.03
    assert flags(proposals, weights=weights(predicted_iou=1)) == ("ambiguous",)


def test_a_clear_win_is_not_flagged() -> None:
    proposals = [proposal(CENTRED, 0.80), proposal(CORNER, 0.76)]  # 0.04 is more than 0.03
    assert flags(proposals, weights=weights(predicted_iou=1)) == ()


def test_an_unstable_mask_is_flagged() -> None:
    assert flags([proposal(CENTRED, stability=0.84)]) == ("low_stability",)


def test_flags_add_up() -> None:
    assert flags([proposal(CORNER, stability=0.5)]) == ("touches_border", "low_stability")


# What the choice does and does not depend on.


def test_the_winner_does_not_depend_on_the_order_of_the_proposals() -> None:
    proposals = [proposal(CORNER), proposal(WALL, 1.0), proposal(CENTRED), proposal(BACKDROP)]
    for order in itertools.permutations(proposals):
        choice = choose(order, config())
        assert choice.index is not None
        assert order[choice.index].mask is CENTRED


def test_the_score_does_not_depend_on_the_order_of_the_proposals() -> None:
    proposals = [proposal(CORNER), proposal(WALL, 1.0), proposal(CENTRED)]
    choices = [choose(order, config()) for order in itertools.permutations(proposals)]
    assert {(choice.score, choice.confidence) for choice in choices} == {
        (choices[0].score, choices[0].confidence)
    }


def test_of_equals_the_first_wins() -> None:
    proposals = [proposal(CORNER), proposal(CORNER[:, ::-1].copy())]
    assert choose(proposals, config()).index == 0


def test_weights_change_the_winner() -> None:
    proposals = [proposal(CORNER, 0.99), proposal(CENTRED, 0.6)]
    assert choose(proposals, config(weights=weights(predicted_iou=1))).index == 0
    assert choose(proposals, config(weights=weights(centrality=1))).index == 1


def test_the_proposals_are_left_as_they_were() -> None:
    mask = CENTRED.copy()
    choose([proposal(mask)], config())
    assert (mask == CENTRED).all()
