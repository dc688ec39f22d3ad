"""merge: parts of one object become one proposal, where the seam between them is weak.

Masks are drawn, a letter for each of them; in the photographs a letter is a colour.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.config import ChooseConfig
from automask.image.evidence import NAMES, evidence
from automask.image.merge import compactness, joined, merged, union
from automask.image.scorer import CONFIDENCE_NAMES, Linear, Scorer, Term
from automask.records import Proposal, Scene

Mask = NDArray[np.bool_]

COLOURS = {"r": (200, 30, 30), "b": (30, 30, 200), ".": (150, 160, 150)}

# Halves of a square, on a wall.
HALVES = (
    "............",
    "............",
    "...llllrrr..",
    "...llllrrr..",
    "...llllrrr..",
    "...llllrrr..",
    "...llllrrr..",
    "...llllrrr..",
    "............",
    "............",
)
BOTH_RED = tuple(row.replace("l", "r") for row in HALVES)
RED_AND_BLUE = tuple(row.replace("l", "b") for row in HALVES)


def on(letters: str, drawing: tuple[str, ...] = HALVES) -> Mask:
    return np.array([[pixel in letters for pixel in row] for row in drawing])


def scene(drawing: tuple[str, ...]) -> Scene:
    return Scene(np.array([[COLOURS[pixel] for pixel in row] for row in drawing], np.uint8))


def linear(names: tuple[str, ...], **weights: float) -> Linear:
    terms = {n: Term(mean=0, deviation=1, weight=weights.get(n, 0.0)) for n in names}
    return Linear(terms=terms)


@pytest.fixture
def config(tmp_path: Path) -> Any:
    """Settings by which a larger mask has more evidence, unless told otherwise."""

    def make(area: float = 1.0, **changes: Any) -> ChooseConfig:
        scorer = Scorer(
            fitted_on="a test",
            choice=linear(NAMES, area=area),
            confidence=linear(CONFIDENCE_NAMES),
        )
        file = tmp_path / "choice.json"
        file.write_text(scorer.model_dump_json())
        settings = {"merge_edge": 0.8, "merge_colour": 0.2, "merge_loss": 0.0}
        # The file is the same by its name, and kept: other weights go by the settings.
        return ChooseConfig(fitted=file, weights={"area": area}, **{**settings, **changes})

    return make


def proposal(mask: Mask, predicted_iou: float = 0.9) -> Proposal:
    return Proposal(mask, predicted_iou, 0.95)


LEFT, RIGHT = proposal(on("l")), proposal(on("r"))


# The union of two.


def test_a_gap_of_a_pixel_between_two_parts_is_filled() -> None:
    drawing = ("......", ".aa.bb", ".aa.bb", "......")
    assert joined(on("a", drawing), on("b", drawing)).tolist() == [
        [False, False, False, True, False, False],
        [False, True, True, True, True, True],
        [False, True, True, True, True, True],
        [False, False, False, True, False, False],
    ]


def test_a_wider_gap_stays() -> None:
    a, b = on("a", ("aa..bb",)), on("b", ("aa..bb",))
    assert joined(a, b).tolist() == (a | b).tolist()


def test_the_scores_of_a_union_are_its_parts_weighted_by_area() -> None:
    drawing = ("aaab", "aaab", "aaab", "aaab")
    whole = union(
        Proposal(on("a", drawing), 0.8, 1.0, point=(0.2, 0.5)),
        Proposal(on("b", drawing), 0.4, 0.6, point=(0.9, 0.5)),
    )
    assert whole.predicted_iou == pytest.approx(0.75 * 0.8 + 0.25 * 0.4)
    assert whole.stability_score == pytest.approx(0.75 * 1.0 + 0.25 * 0.6)
    assert whole.point == (0.2, 0.5)  # the larger part's


def test_a_union_is_cut_from_what_its_parts_are_cut_from() -> None:
    fine = np.zeros((4, 8), np.bool_)
    fine[1, 0] = True  # finer than the mask tells
    whole = union(
        Proposal(on("a", ("ab..", "ab..")), 0.9, 0.9, cut=lambda _: fine),
        Proposal(on("b", ("ab..", "ab..")), 0.9, 0.9),
    )
    assert whole.cut is not None
    # Of the first what it is cut from, of the second its own mask enlarged, and the gap.
    assert whole.cut((4, 8))[1].tolist() == [True] * 4 + [False] * 4
    assert whole.cut((4, 8))[3].tolist() == [False] * 2 + [True] * 2 + [False] * 4


def test_a_union_of_plain_masks_has_nothing_finer() -> None:
    assert union(LEFT, RIGHT).cut is None


def test_compactness_is_of_the_outline_within_the_image() -> None:
    # 4 pi 9 over 8 squared is more than 1; the ring has 8 pixels, all of them outline.
    assert compactness(on("a", (".....", ".aaa.", ".aaa.", ".aaa.", "....."))) == 1.0
    ring = on("a", (".....", ".aaa.", ".a.a.", ".aaa.", "....."))
    assert compactness(ring) == pytest.approx(min(1, 4 * np.pi * 8 / 8**2))


# What is merged.


def test_two_halves_of_one_colour_become_the_whole(config: Any) -> None:
    other = proposal(on(".") & (np.arange(12) > 10))
    found = merged([LEFT, other, RIGHT], scene(BOTH_RED), config())
    assert found[0] is other
    assert len(found) == 2
    assert (found[1].mask & on("lr")).tolist() == on("lr").tolist()


def test_three_parts_become_one(config: Any) -> None:
    drawing = tuple(row.replace("llllrrr", "llmmrrr") for row in HALVES)
    parts = [proposal(on(letter, drawing)) for letter in "lmr"]
    (whole,) = merged(parts, scene(BOTH_RED), config())
    assert (whole.mask & on("lr")).tolist() == on("lr").tolist()


def test_what_differs_in_colour_stays_apart(config: Any) -> None:
    parts = [LEFT, RIGHT]
    assert merged(parts, scene(RED_AND_BLUE), config(merge_edge=9)) == parts


def test_what_an_edge_runs_between_stays_apart(config: Any) -> None:
    # Red against blue is a stronger edge than either against the wall.
    parts = [LEFT, RIGHT]
    assert merged(parts, scene(RED_AND_BLUE), config(merge_colour=9)) == parts
    assert len(merged(parts, scene(RED_AND_BLUE), config(merge_colour=9, merge_edge=9))) == 1


def test_what_does_not_touch_stays_apart(config: Any) -> None:
    drawing = tuple(row.replace("llllrrr", "ll...rr") for row in HALVES)
    parts = [proposal(on(letter, drawing)) for letter in "lr"]
    assert merged(parts, scene(BOTH_RED), config()) == parts


def test_what_lies_deeper_in_others_is_no_part_of_what_does_not(config: Any) -> None:
    # A third proposal holds the left half, and of the right one only a third.
    holder = proposal(on("l") | (on("r") & (np.arange(12) < 8)))
    parts = [LEFT, RIGHT, holder]
    assert merged(parts, scene(BOTH_RED), config(area=0.0)) == parts
    assert len(merged(parts[:2], scene(BOTH_RED), config(area=0.0))) == 1


def test_a_ragged_union_stays_apart(config: Any) -> None:
    parts = [LEFT, RIGHT]
    assert merged(parts, scene(BOTH_RED), config(merge_compactness=9)) == parts


def test_a_whole_that_was_proposed_is_left_to_the_choice(config: Any) -> None:
    parts = [LEFT, RIGHT, proposal(on("lr"))]
    assert merged(parts, scene(BOTH_RED), config()) == parts


def test_a_whole_with_less_evidence_than_its_better_part_stays_apart(config: Any) -> None:
    # Areas of 24 and 18 of 120 pixels; the union has 42 and two of the gap's ends.
    parts = [LEFT, RIGHT]
    assert merged(parts, scene(BOTH_RED), config(area=-1.0)) == parts
    # Of evidence the union has about (46 - 18) / 120 = 0.23 less than the smaller part.
    assert merged(parts, scene(BOTH_RED), config(area=-1.0, merge_loss=0.1)) == parts
    assert len(merged(parts, scene(BOTH_RED), config(area=-1.0, merge_loss=0.3))) == 1


def test_a_whole_that_could_not_be_chosen_does_not_take_its_parts_away(config: Any) -> None:
    parts = [LEFT, RIGHT]
    assert merged(parts, scene(BOTH_RED), config(max_area=0.3)) == parts


def test_only_the_best_are_looked_at(config: Any) -> None:
    # The larger one and the backdrop-like strip have the most evidence.
    strip = proposal(np.indices((10, 12))[0] > 6)
    parts = [LEFT, RIGHT, strip]
    assert merged(parts, scene(BOTH_RED), config(merge_among=2)) == parts


@pytest.mark.parametrize(
    ("changes", "seen"), [({"merge": False}, scene(BOTH_RED)), ({}, Scene())], ids=["off", "blind"]
)
def test_nothing_is_merged_where_not_asked_or_without_a_photograph(
    config: Any, changes: dict[str, Any], seen: Scene
) -> None:
    assert merged([LEFT, RIGHT], seen, config(**changes)) == [LEFT, RIGHT]


@pytest.mark.parametrize("proposals", [[], [LEFT]])
def test_fewer_than_two_are_left_as_they_are(config: Any, proposals: list[Proposal]) -> None:
    assert merged(proposals, scene(BOTH_RED), config()) == proposals


def test_proposals_of_any_size_are_merged_at_their_own(config: Any) -> None:
    # Thirty times as large: judged on a grid, and joined pixel by pixel.
    large = [np.kron(part.mask, np.ones((30, 30), np.bool_)) for part in (LEFT, RIGHT)]
    (whole,) = merged([proposal(mask) for mask in large], scene(BOTH_RED), config())
    assert whole.mask.shape == (300, 360)
    assert (whole.mask == large[0] | large[1]).mean() > 0.999


def test_the_evidence_that_is_known_already_may_be_given(config: Any) -> None:
    parts, settings = [LEFT, RIGHT], config()
    table = evidence(parts, scene(BOTH_RED))
    (given,) = merged(parts, scene(BOTH_RED), settings, table=table)
    (worked_out,) = merged(parts, scene(BOTH_RED), settings)
    assert np.array_equal(given.mask, worked_out.mask)
