"""refine: small holes are filled, small islands are dropped.

Masks are drawn: # is on the mask, . is not.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.image.refine import drop_islands, fill_holes, refine

Mask = NDArray[np.bool_]


def drawn(*rows: str) -> Mask:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def as_drawn(mask: Mask) -> list[str]:
    """The rows of a mask as they are drawn, so that a failing test shows two drawings."""
    assert mask.dtype == np.bool_
    return ["".join(".#"[int(pixel)] for pixel in row) for row in mask]


# Holes: background that the mask encloses.

HOLE_OF_3 = [
    "######",
    "#...##",
    "######",
]


def test_a_hole_below_the_limit_is_filled() -> None:
    filled = fill_holes(drawn(*HOLE_OF_3), below_px=4)
    assert as_drawn(filled) == ["######", "######", "######"]


def test_a_hole_at_the_limit_stays() -> None:
    assert as_drawn(fill_holes(drawn(*HOLE_OF_3), below_px=3)) == HOLE_OF_3


def test_each_hole_is_measured_for_itself() -> None:
    mask = drawn(
        "########",
        "#.##..##",
        "####..##",
        "########",
    )
    assert as_drawn(fill_holes(mask, below_px=4)) == [
        "########",
        "####..##",
        "####..##",
        "########",
    ]


@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3], ids=["top", "left", "bottom", "right"])
def test_a_notch_that_reaches_the_border_is_no_hole(quarter_turns: int) -> None:
    notched = drawn(
        "##.##",
        "##.##",
        "#####",
    )
    mask = np.rot90(notched, quarter_turns).copy()
    assert as_drawn(fill_holes(mask, below_px=100)) == as_drawn(mask)


def test_the_background_around_the_object_is_no_hole() -> None:
    rows = [
        ".....",
        ".###.",
        ".....",
    ]
    assert as_drawn(fill_holes(drawn(*rows), below_px=100)) == rows


def test_a_hole_that_meets_the_outside_at_a_corner_only_is_a_hole() -> None:
    # Background is connected through edges, as foreground is through corners too.
    mask = drawn(
        ".####",
        "#.###",
        "#####",
    )
    assert as_drawn(fill_holes(mask, below_px=2)) == [
        ".####",
        "#####",
        "#####",
    ]


def test_two_holes_that_meet_at_a_corner_are_two() -> None:
    mask = drawn(
        "####",
        "#.##",
        "##.#",
        "####",
    )
    assert as_drawn(fill_holes(mask, below_px=2)) == ["####"] * 4


def test_an_island_inside_a_hole_is_not_part_of_the_hole() -> None:
    # The hole around the middle has 8 pixels, not 9.
    mask = drawn(
        "#####",
        "#...#",
        "#.#.#",
        "#...#",
        "#####",
    )
    assert as_drawn(fill_holes(mask, below_px=9)) == ["#####"] * 5


def test_an_empty_mask_has_no_holes() -> None:
    assert as_drawn(fill_holes(drawn("...", "..."), below_px=100)) == ["...", "..."]


def test_a_full_mask_has_no_holes() -> None:
    assert as_drawn(fill_holes(drawn("###", "###"), below_px=100)) == ["###", "###"]


# Islands: regions of the mask beside the largest.

ISLAND_OF_2 = [
    "##....",
    "##..##",
    "##....",
]


def test_an_island_below_the_limit_is_dropped() -> None:
    assert as_drawn(drop_islands(drawn(*ISLAND_OF_2), below_px=3)) == [
        "##....",
        "##....",
        "##....",
    ]


def test_an_island_at_the_limit_stays() -> None:
    assert as_drawn(drop_islands(drawn(*ISLAND_OF_2), below_px=2)) == ISLAND_OF_2


def test_each_island_is_measured_for_itself() -> None:
    mask = drawn(
        "#.#.###",
        "....###",
        "##..###",
    )
    assert as_drawn(drop_islands(mask, below_px=2)) == [
        "....###",
        "....###",
        "##..###",
    ]


def test_pixels_that_meet_at_a_corner_are_one_island() -> None:
    rows = [
        "#...##",
        ".#..##",
        "....##",
    ]
    assert as_drawn(drop_islands(drawn(*rows), below_px=2)) == rows


def test_the_largest_island_stays_however_small_it_is() -> None:
    mask = drawn(
        "#....",
        "..##.",
        ".....",
    )
    assert as_drawn(drop_islands(mask, below_px=100)) == [
        ".....",
        "..##.",
        ".....",
    ]


def test_a_single_island_stays_however_small_it_is() -> None:
    assert as_drawn(drop_islands(drawn("..#.."), below_px=100)) == ["..#.."]


def test_an_empty_mask_stays_empty() -> None:
    assert as_drawn(drop_islands(drawn("...", "..."), below_px=100)) == ["...", "..."]


def test_a_full_mask_stays_full() -> None:
    assert as_drawn(drop_islands(drawn("###", "###"), below_px=100)) == ["###", "###"]


# Both, with limits as fractions of the image.


def test_the_limit_of_holes_is_a_fraction_of_the_image() -> None:
    mask = drawn("####", "#.##", "####", "####", "####")  # a hole of 1 in 20 pixels: 0.05
    assert as_drawn(refine(mask, hole_fraction=0.05, island_fraction=0)) == as_drawn(mask)
    assert as_drawn(refine(mask, hole_fraction=0.06, island_fraction=0)) == ["####"] * 5


def test_the_limit_of_islands_is_a_fraction_of_the_image() -> None:
    mask = drawn("##..", "##.#", "##..", "##..", "##..")  # an island of 1 in 20 pixels: 0.05
    assert as_drawn(refine(mask, hole_fraction=0, island_fraction=0.05)) == as_drawn(mask)
    assert as_drawn(refine(mask, hole_fraction=0, island_fraction=0.06)) == ["##.."] * 5


def test_holes_are_filled_before_islands_are_measured() -> None:
    # The ring has 8 of 50 pixels, with its hole filled 9 of 50, and 9 are enough.
    mask = drawn(
        "###.######",
        "#.#.######",
        "###.######",
        "....######",
        "....######",
    )
    assert as_drawn(refine(mask, hole_fraction=2 / 50, island_fraction=9 / 50)) == [
        "###.######",
        "###.######",
        "###.######",
        "....######",
        "....######",
    ]


def test_the_mask_given_is_left_as_it_was() -> None:
    mask = drawn("#####.#", "#.###..", "#####..")
    before = mask.copy()
    refine(mask, hole_fraction=1, island_fraction=1)
    assert (mask == before).all()
