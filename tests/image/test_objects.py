"""objects: all of them, with an id each.

Masks are drawn: # is on the mask, . is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.image.objects import (
    Pieces,
    id_colours,
    label_objects,
    label_pieces,
    pick_objects,
    quality,
)
from automask.records import Proposal
from automask.result_settings import ObjectsConfig

Mask = NDArray[np.bool_]


def drawn(*rows: str) -> Mask:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def proposed(mask: Mask, predicted_iou: float, stability: float = 1.0) -> Proposal:
    return Proposal(mask, predicted_iou, stability)


def picked(*proposals: Proposal, **settings: Any) -> list[int]:
    return pick_objects(proposals, ObjectsConfig(**{"wanted": "all", **settings}))


LEFT = drawn(
    "..........",
    ".##.......",
    ".##.......",
    "..........",
)
RIGHT = drawn(
    "..........",
    "......##..",
    "......##..",
    "..........",
)
BOTH = LEFT | RIGHT


# The order.


def test_quality_is_predicted_iou_times_stability() -> None:
    assert quality(proposed(LEFT, 0.8, 0.5)) == pytest.approx(0.4)


def test_quality_stays_within_0_and_1() -> None:
    assert quality(proposed(LEFT, 1.2)) == 1.0
    assert quality(proposed(LEFT, -0.2)) == 0.0


def test_objects_come_by_falling_evidence() -> None:
    assert picked(proposed(LEFT, 0.7), proposed(RIGHT, 0.9)) == [1, 0]


def test_of_equal_ones_the_first_comes_first() -> None:
    assert picked(proposed(LEFT, 0.7), proposed(RIGHT, 0.7)) == [0, 1]


def test_a_number_takes_the_best() -> None:
    assert picked(proposed(LEFT, 0.7), proposed(RIGHT, 0.9), wanted=1) == [1]


def test_of_nothing_there_is_nothing() -> None:
    assert picked() == []


# What is no object.


def test_a_speck_is_none() -> None:
    dot = drawn("#...", "....", "....", "....")  # 1 of 16 pixels, 0.0625
    assert picked(proposed(dot, 0.9), min_area=0.07) == []
    assert picked(proposed(dot, 0.9), min_area=0.06) == [0]


def test_a_frame_is_none() -> None:
    most = drawn("####", "####", "####", "....")  # 0.75
    assert picked(proposed(most, 0.9), max_area=0.7, max_border_coverage=1) == []
    assert picked(proposed(most, 0.9), max_area=0.8, max_border_coverage=1) == [0]


def test_a_backdrop_is_none() -> None:
    floor = drawn("....", "....", "....", "####")  # 4 of 12 pixels of the border, 0.33
    assert picked(proposed(floor, 0.9), max_border_coverage=0.3) == []
    assert picked(proposed(floor, 0.9), max_border_coverage=0.35) == [0]


# Parts and wholes.

WHOLE = drawn(
    "..........",
    ".######...",
    ".######...",
    "..........",
)


def test_the_same_again_is_dropped() -> None:
    assert picked(proposed(LEFT, 0.9), proposed(LEFT, 0.8)) == [0]


def test_a_whole_that_ranks_first_takes_its_parts_with_it() -> None:
    assert picked(proposed(LEFT, 0.8), proposed(WHOLE, 0.9)) == [1]


def test_a_whole_nearly_as_good_as_its_part_takes_its_place() -> None:
    """Two thirds of it are new: 0.82 is over 0.9 of 0.9."""
    assert picked(proposed(LEFT, 0.9), proposed(WHOLE, 0.82)) == [1]


def test_a_whole_much_worse_than_its_part_is_dropped() -> None:
    assert picked(proposed(LEFT, 0.9), proposed(WHOLE, 0.8)) == [0]


def test_a_group_of_objects_is_none() -> None:
    """All of it belongs to the two already."""
    assert picked(proposed(LEFT, 0.9), proposed(RIGHT, 0.9), proposed(BOTH, 0.89)) == [0, 1]


def test_a_group_is_no_object_even_with_a_gap_filled_up_to_half() -> None:
    pair = drawn("#.#.", "#.#.", "....", "....")
    left, right = pair & (np.arange(4) == 0), pair & (np.arange(4) == 2)
    joined = drawn("###.", "###.", "....", "....")  # 6 pixels, 4 of them theirs
    proposals = (proposed(left, 0.9), proposed(right, 0.9), proposed(joined, 0.9))
    assert picked(*proposals, max_border_coverage=1) == [0, 1]


def test_a_window_is_no_object_of_all_its_drops() -> None:
    window = np.zeros((10, 10), np.bool_)
    window[1:9, 1:9] = True
    drops = [np.zeros_like(window) for _ in range(5)]
    for i, drop in enumerate(drops):
        drop[2, 2 + i] = True
    proposals = [*(proposed(drop, 0.9) for drop in drops), proposed(window, 0.89)]
    assert picked(*proposals, max_area=0.7) == [0, 1, 2, 3, 4]
    assert picked(*proposals, max_area=0.7, max_parts=5) == [5]


def test_neighbours_that_overlap_a_little_are_two() -> None:
    left = drawn("......", ".###..", ".###..", "......")
    right = drawn("......", "...##.", "...##.", "......")  # half of it is left's, not more
    assert picked(proposed(left, 0.9), proposed(right, 0.8)) == [0, 1]


def test_after_a_whole_took_its_part_s_place_the_order_is_by_evidence() -> None:
    proposals = (proposed(LEFT, 0.9), proposed(RIGHT, 0.85), proposed(WHOLE & ~RIGHT, 0.82))
    assert picked(*proposals) == [1, 2]


# The label image.


def as_digits(labels: NDArray[np.uint16]) -> list[str]:
    assert labels.dtype == np.uint16
    return ["".join(map(str, row)) for row in labels]


def test_ids_follow_the_order_of_the_masks() -> None:
    assert as_digits(label_objects([RIGHT, LEFT], (4, 10))) == [
        "0000000000",
        "0220001100",
        "0220001100",
        "0000000000",
    ]


def test_overlaps_go_to_the_earlier() -> None:
    first, second = drawn("###..", "....."), drawn("..###", "..###")
    assert as_digits(label_objects([first, second], (2, 5))) == ["11122", "00222"]


def test_of_a_covered_mask_there_is_no_id() -> None:
    masks = [drawn("###."), drawn(".#.."), drawn("...."), drawn("...#")]
    assert as_digits(label_objects(masks, (1, 4))) == ["1112"]


def test_without_masks_all_is_background() -> None:
    assert as_digits(label_objects([], (2, 3))) == ["000", "000"]


def test_neighbours_in_rank_have_colours_that_differ() -> None:
    colours = np.array(id_colours(20))
    steps = np.abs(np.diff(colours, axis=0)).max(axis=1)
    assert (steps > 100).all()


# What is left of each mask once overlaps are resolved.

TOGETHER = Pieces(least_px=0, split=False)
APART = Pieces(least_px=0, split=True)


def test_pieces_that_do_not_touch_are_objects_of_their_own_the_larger_first() -> None:
    masks = [(drawn("#..##.", "...##."), 0.5)]
    labels, scores = label_pieces(masks, (2, 6), APART)
    assert as_digits(labels) == ["200110", "000110"]
    assert scores == (0.5, 0.5)
    assert as_digits(label_pieces(masks, (2, 6), TOGETHER)[0]) == ["100110", "000110"]


def test_pieces_that_touch_at_a_corner_are_one() -> None:
    assert as_digits(label_pieces([(drawn("#..", ".##"), 1.0)], (2, 3), APART)[0]) == ["100", "011"]


def test_crumbs_that_a_better_object_leaves_are_dropped() -> None:
    better, worse = drawn(".####", ".####"), drawn("####.", "####.")  # one column is left of it
    labels, scores = label_pieces([(better, 0.9), (worse, 0.8)], (2, 5), Pieces(3, True))
    assert as_digits(labels) == ["01111", "01111"]
    assert scores == (0.9,)


def test_each_object_has_its_own_score() -> None:
    labels, scores = label_pieces([(LEFT, 0.7), (RIGHT, 0.6)], (4, 10), APART)
    assert (int(labels.max()), scores) == (2, (0.7, 0.6))


def test_there_are_no_more_objects_than_were_asked_for() -> None:
    most_one = Pieces(least_px=0, split=True, most=1)
    assert label_pieces([(drawn("##.#"), 0.7)], (1, 4), most_one)[1] == (0.7,)
