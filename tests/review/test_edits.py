"""What one key does to a mask."""

from __future__ import annotations

import numpy as np
import pytest

from automask.review.edits import edited


def drawn(*rows: str) -> np.ndarray:
    return np.array([[letter == "#" for letter in row] for row in rows])


RING = drawn(
    "......",
    ".####.",
    ".#..#.",
    ".####.",
    "......",
)


def test_holes_are_filled_whatever_their_size() -> None:
    filled = drawn("......", ".####.", ".####.", ".####.", "......")
    assert (edited(RING, "fill", 0) == filled).all()


def test_specks_below_so_many_percent_are_dropped() -> None:
    mask = drawn("###..#", "###...", "###.##")
    kept = drawn("###...", "###...", "###.##")
    assert (edited(mask, "drop_specks", 10) == kept).all()  # 1 of 12 px is 8 %, 2 are 17 %


def test_a_mask_grows_and_shrinks_by_whole_pixels() -> None:
    point = drawn(".....", ".....", "..#..", ".....", ".....")
    cross = drawn(".....", "..#..", ".###.", "..#..", ".....")
    assert (edited(point, "grow", 1) == cross).all()
    assert (edited(cross, "shrink", 1) == point).all()


def test_a_mask_that_fills_the_frame_stays_when_it_shrinks() -> None:
    full = np.ones((3, 4), bool)
    assert edited(full, "shrink", 2).all()


def test_smoothing_takes_a_spike_away() -> None:
    mask = np.zeros((21, 21), bool)
    mask[10:] = True
    mask[4:10, 10] = True
    smoothed = edited(mask, "smooth", 2)
    assert not smoothed[:9].any()
    assert smoothed[11:].all()


@pytest.mark.parametrize(("tool", "amount"), [("melt", 1.0), ("grow", -1.0), ("grow", 1e6)])
def test_other_edits_are_refused(tool: str, amount: float) -> None:
    with pytest.raises(ValueError, match="there is no edit"):
        edited(RING, tool, amount)
