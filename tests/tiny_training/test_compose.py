"""Several objects in one view: a mask's parts, and a second object set beside the first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from miniature import rectangle

from automask.tiny_training.compose import components, paste

# components: which connected regions count as objects of their own.


def test_a_mask_of_one_piece_has_no_parts() -> None:
    assert components(np.array([[0, 255, 255, 0]], np.uint8)) == ()


def test_an_empty_mask_has_no_parts() -> None:
    assert components(np.zeros((4, 4), np.uint8)) == ()


def test_two_large_pieces_are_two_parts() -> None:
    mask = np.array([[255, 255, 0, 0], [255, 255, 0, 255]], np.uint8)
    left, right = components(mask)
    assert left.tolist() == [[255, 255, 0, 0], [255, 255, 0, 0]]
    assert right.tolist() == [[0, 0, 0, 0], [0, 0, 0, 255]]


def test_pieces_that_touch_at_a_corner_are_one() -> None:
    assert components(np.array([[255, 0], [0, 255]], np.uint8)) == ()


@pytest.mark.parametrize(
    ("crumb_px", "parts"),
    [(2, 2), (3, 3)],  # beside two pieces of 10 px: 2 of 22 are less than a tenth, 3 of 23 more
)
def test_a_part_has_at_least_a_tenth_of_the_area(crumb_px: int, parts: int) -> None:
    row = [255] * 10 + [0] + [255] * 10 + [0] + [255] * crumb_px
    assert len(components(np.array([row], np.uint8))) == parts


def test_one_large_piece_among_crumbs_has_no_parts() -> None:
    assert components(np.array([[255] * 30 + [0, 255, 0, 255]], np.uint8)) == ()


def test_a_part_keeps_the_masks_soft_values() -> None:
    left, right = components(np.array([[200, 255, 0, 150]], np.uint8))
    assert left.tolist() == [[200, 255, 0, 0]]
    assert right.tolist() == [[0, 0, 0, 150]]


# paste: in a frame of 64 x 64, the first object is 16 x 16 in the middle. The lender's is as large.

FRAME = (64, 64)
GRAY, OBJECT, GREEN = (90, 90, 90), (200, 100, 50), (0, 255, 0)
FIRST = rectangle(24, 24, 40, 40)
LENT = rectangle(8, 0, 24, 16)


class Drawn:
    """Gives the numbers that a test wrote down in place of random ones."""

    def __init__(self, *numbers: float) -> None:
        self.numbers = list(numbers)

    def uniform(self, low: float, high: float) -> float:
        number = self.numbers.pop(0)
        assert low <= number <= high
        return number


def pasted_at(
    row: float, column: float, lent: np.ndarray = LENT, content_hw: tuple[int, int] = FRAME
) -> Any:
    """What paste makes of it when the second object's centre comes to lie there, scaled by 1."""
    rng: Any = Drawn(1.0, column / content_hw[1], row / content_hw[0])
    return paste(on_gray(), lender(lent), content_hw, rng)


def on_gray() -> tuple[np.ndarray, np.ndarray]:
    return np.full((64, 64, 3), GRAY, np.uint8), FIRST


def lender(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An object of one colour on a green ground, of which nothing may come along."""
    return np.where(mask[..., None] > 0, OBJECT, GREEN).astype(np.uint8), mask


def test_an_object_beside_the_first_leaves_it_whole() -> None:
    _, first, second = pasted_at(32, 52)
    assert np.array_equal(first, FIRST)
    assert np.array_equal(second, rectangle(24, 44, 40, 60))


def test_what_the_second_object_hides_is_no_longer_the_firsts() -> None:
    _, first, second = pasted_at(32, 44)  # 4 of the first's 16 columns lie behind it
    assert np.array_equal(first > 127, rectangle(24, 24, 40, 36) > 127)
    assert np.array_equal(second, rectangle(24, 36, 40, 52))


def test_the_image_shows_the_lent_object_in_place_and_all_else_as_it_was() -> None:
    image, _, _ = pasted_at(32, 52)
    assert (image[26:38, 46:58] == OBJECT).all()
    beyond_the_edge = rectangle(21, 41, 43, 63) == 0
    assert (image[beyond_the_edge] == GRAY).all()


def test_none_of_the_lenders_ground_comes_along() -> None:
    image, _, second = pasted_at(32, 52)
    assert (image[second > 0][:, 1] <= 140).all()  # green is 255; at the edge a fifth shines in


def test_a_first_object_hidden_by_half_is_not_taken() -> None:
    assert pasted_at(32, 40) is None  # 8 of 16 columns are left, 0.6 would be needed


def test_a_second_object_of_which_hardly_anything_shows_is_not_taken() -> None:
    line = rectangle(8, 0, 9, 16)  # 16 px, the first has 256
    assert pasted_at(48.5, 32, line) is None


def test_the_second_object_ends_where_the_padding_begins() -> None:
    _, _, second = pasted_at(32, 52, content_hw=(36, 64))
    assert np.array_equal(second, rectangle(24, 44, 36, 60))


@pytest.mark.parametrize("seed", range(20))
def test_wherever_it_lands_both_objects_show_and_neither_covers_the_other(seed: int) -> None:
    pasted = paste(on_gray(), lender(LENT), FRAME, np.random.default_rng(seed))
    if pasted is None:
        return
    _, first, second = (array > 127 for array in pasted)
    assert (first & second).sum() <= 8  # a soft corner may count for both
    assert not (first & (FIRST == 0)).any()
    assert first.sum() >= 0.6 * 256
    assert second.sum() >= 0.1 * 256


def test_the_second_object_is_about_as_large_as_the_first() -> None:
    huge = lender(rectangle(2, 2, 62, 62))  # 60 px
    drawn = [paste(on_gray(), huge, FRAME, np.random.default_rng(seed)) for seed in range(40)]
    sides = [int((p[2] > 127).any(axis=0).sum()) for p in drawn if p is not None]
    assert len(sides) > 10
    assert max(sides) <= 1.3 * 16 + 1  # what the frame's border cuts off may be smaller
