"""distinct: of masks that are nearly the same, the one with the highest predicted IoU."""

from __future__ import annotations

import numpy as np
import pytest

from automask.records import Mask, Proposal
from automask.sam.distinct import distinct, mask_ious


def box(top: int, left: int, bottom: int, right: int, side: int = 20) -> Mask:
    mask = np.zeros((side, side), np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def test_ious_of_little_masks() -> None:
    # A row of four: the left two, the middle two, nothing.
    flat = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]], np.float32)
    third = 1 / 3
    assert mask_ious(flat) == pytest.approx(np.array([[1, third, 0], [third, 1, 0], [0, 0, 0]]))


def test_of_two_alike_the_higher_score_stays() -> None:
    # 10 x 10 and 10 x 9: an IoU of 0.9, which is not above 0.9.
    whole, most = box(5, 5, 15, 15), box(5, 5, 15, 14)
    proposals = [Proposal(most, 0.8, 0.9), Proposal(whole, 0.9, 0.9)]
    assert distinct(proposals, 0.85) == [1]
    assert distinct(proposals, 0.9) == [1, 0]


def test_a_backdrop_does_not_delete_the_object_whose_box_nearly_fills_it() -> None:
    """By boxes it would: 18 x 18 of 20 x 20 are 0.81, above the generators' 0.7."""
    thing = box(1, 1, 19, 19)
    proposals = [Proposal(~thing, 0.99, 0.9), Proposal(thing, 0.9, 0.9)]
    assert distinct(proposals, 0.7) == [0, 1]


def test_what_is_like_something_left_out_may_stay() -> None:
    # Each is like the next (0.8), the first and the last are not (0.6).
    proposals = [Proposal(box(0, 0, 10, right), 1 - right / 100, 0.9) for right in (10, 8, 6)]
    assert distinct(proposals, 0.7) == [2, 0]


def test_equal_scores_stay_in_order_and_nothing_is_nothing() -> None:
    proposals = [Proposal(box(0, i, 20, i + 1), 0.5, 0.9) for i in (0, 5, 10)]
    assert distinct(proposals, 0.9) == [0, 1, 2]
    assert distinct([], 0.9) == []


def test_large_masks_are_compared_on_a_grid() -> None:
    # Of 640 px every tenth is looked at: 100 columns wider is 10 of them, one column is none.
    left, alike, wider = (box(0, 0, 640, right, 640) for right in (320, 321, 420))
    proposals = [Proposal(m, s, 0.9) for m, s in ((left, 0.9), (alike, 0.8), (wider, 0.7))]
    assert distinct(proposals, 0.9) == [0, 2]
