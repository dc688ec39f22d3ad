"""The curve as a picture: what is drawn where."""

from __future__ import annotations

import numpy as np

from automask.evaluate.chart import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    reliability_chart,
    risk_coverage_chart,
)
from automask.evaluate.trust import trust

BLUE, GREEN = (0x00, 0x72, 0xB2), (0x00, 0x9E, 0x73)
# Half of the masks are bad.
SURE = (0.9, 0.8, 0.7, 0.6)
IOUS_IN_ORDER, IOUS_BACKWARDS = (0.9, 0.9, 0.1, 0.1), (0.1, 0.1, 0.9, 0.9)


def drawn(ious: tuple[float, ...]) -> np.ndarray:
    return np.asarray(risk_coverage_chart(trust(SURE, ious, [()] * 4))).astype(int)


def rows_of(picture: np.ndarray, colour: tuple[int, int, int], column: int) -> np.ndarray:
    """The rows in which a column of the picture has about this colour."""
    return np.flatnonzero(np.abs(picture[:, column] - colour).max(axis=1) < 40)


def test_the_picture_has_the_curve_inside_its_axes() -> None:
    picture = drawn(IOUS_BACKWARDS)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    middle = (LEFT + WIDTH - RIGHT) // 2
    rows = rows_of(picture, BLUE, middle)
    assert len(rows)
    assert TOP <= rows.min() <= rows.max() <= HEIGHT - BOTTOM


def test_a_perfect_order_lies_on_the_best_one() -> None:
    # At the left both are 0: the curve, drawn last, covers the other.
    picture = drawn(IOUS_IN_ORDER)
    rows = rows_of(picture, BLUE, LEFT + 60)
    assert abs(rows.mean() - (HEIGHT - BOTTOM)) <= 2


def test_a_bad_order_lies_far_above_the_best_one() -> None:
    picture = drawn(IOUS_BACKWARDS)
    column = LEFT + 60
    assert rows_of(picture, BLUE, column).max() < rows_of(picture, GREEN, column).min() - 100


def test_a_collection_without_bad_masks_can_be_drawn() -> None:
    assert drawn((0.9, 0.9, 0.9, 0.9)).shape == (HEIGHT, WIDTH, 3)


def test_an_honest_confidence_lies_on_the_diagonal() -> None:
    # Of four images with a confidence of 0.5 two are good; four sure ones are all good.
    sure, ious = (0.5,) * 4 + (1.0,) * 4, (0.9, 0.9, 0.1, 0.1) + (0.9,) * 4
    picture = np.asarray(reliability_chart(trust(sure, ious, [()] * 8))).astype(int)
    middle = (LEFT + WIDTH - RIGHT) // 2
    rows = rows_of(picture, BLUE, middle)
    assert abs(rows.mean() - (TOP + HEIGHT - BOTTOM) / 2) <= 6  # of the dot, where 50 % is


def test_a_confidence_that_promises_too_much_lies_below() -> None:
    sure, ious = (0.5,) * 4 + (1.0,) * 4, (0.1,) * 4 + (0.9,) * 4
    picture = np.asarray(reliability_chart(trust(sure, ious, [()] * 8))).astype(int)
    assert rows_of(picture, BLUE, (LEFT + WIDTH - RIGHT) // 2).mean() > HEIGHT - BOTTOM - 10
