"""refine: the outline is drawn to the edges, small holes are filled, small islands are dropped.

Masks are drawn: # is on the mask, . is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.config import RefineConfig
from automask.image.closeup import Closeup
from automask.image.refine import cleaned, drop_islands, fill_holes, refine, sharpened, smoothed

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


# Both, with limits as fractions of the whole photograph.


def limits(hole_fraction: float, island_fraction: float) -> RefineConfig:
    return RefineConfig(hole_fraction=hole_fraction, island_fraction=island_fraction)


def test_the_limit_of_holes_is_a_fraction_of_the_photograph() -> None:
    mask = drawn("####", "#.##", "####", "####", "####")  # a hole of 1 in 20 pixels: 0.05
    assert as_drawn(cleaned(mask, 20, limits(0.05, 0))) == as_drawn(mask)
    assert as_drawn(cleaned(mask, 20, limits(0.06, 0))) == ["####"] * 5


def test_the_limit_of_islands_is_a_fraction_of_the_photograph() -> None:
    mask = drawn("##..", "##.#", "##..", "##..", "##..")  # an island of 1 in 20 pixels: 0.05
    assert as_drawn(cleaned(mask, 20, limits(0, 0.05))) == as_drawn(mask)
    assert as_drawn(cleaned(mask, 20, limits(0, 0.06))) == ["##.."] * 5


def test_a_mask_may_be_a_part_of_the_photograph() -> None:
    mask = drawn("####", "#.##", "####", "####", "####")  # the hole is 1 in 40: 0.025
    assert as_drawn(cleaned(mask, 40, limits(0.025, 0))) == as_drawn(mask)
    assert as_drawn(cleaned(mask, 40, limits(0.03, 0))) == ["####"] * 5


def test_holes_are_filled_before_islands_are_measured() -> None:
    # The ring has 8 of 50 pixels, with its hole filled 9 of 50, and 9 are enough.
    mask = drawn(
        "###.######",
        "#.#.######",
        "###.######",
        "....######",
        "....######",
    )
    assert as_drawn(cleaned(mask, 50, limits(2 / 50, 9 / 50))) == [
        "###.######",
        "###.######",
        "###.######",
        "....######",
        "....######",
    ]


def test_the_mask_given_is_left_as_it_was() -> None:
    mask = drawn("#####.#", "#.###..", "#####..")
    before = mask.copy()
    cleaned(mask, mask.size, limits(1, 1))
    assert (mask == before).all()


# The outline, drawn to the photograph's edges. Here it is black up to column 39, and white from 40.

BLACK_AND_WHITE = np.zeros((30, 80, 3), np.uint8)
BLACK_AND_WHITE[:, 40:] = 255
PLAIN = np.full((30, 80, 3), 90, np.uint8)


def from_column(column: int, pixels: NDArray[np.uint8] = BLACK_AND_WHITE) -> Closeup:
    """A mask of all that is right of a column, in a closeup that is the whole photograph."""
    mask = np.zeros((30, 80), np.bool_)
    mask[:, column:] = True
    return Closeup((0, 0, 80, 30), pixels, mask)


def drawn_to(closeup: Closeup, cell_px: float, edge_radius: float = 2) -> list[int]:
    """The column that the mask begins with, in each row in which it is one whole."""
    mask = sharpened(closeup, cell_px, RefineConfig(edge_radius=edge_radius)) >= 0.5
    assert (np.diff(mask.astype(int), axis=1) >= 0).all()
    return sorted(set(mask.argmax(axis=1).tolist()))


@pytest.mark.parametrize("column", [38, 39, 40, 41, 42])
def test_an_outline_beside_an_edge_is_drawn_to_it(column: int) -> None:
    assert drawn_to(from_column(column), cell_px=4) == [40]


def test_an_outline_far_from_any_edge_stays() -> None:
    # A window of 2 x 4 px to each side, and of windows 16: from 44 on there is white alone.
    assert drawn_to(from_column(60), cell_px=4) == [60]


def test_an_outline_in_a_plain_picture_stays() -> None:
    assert drawn_to(from_column(38, PLAIN), cell_px=4) == [38]


def test_an_edge_draws_from_as_far_as_cells_of_the_model_s_mask_are_large() -> None:
    assert drawn_to(from_column(36), cell_px=1) == [36]
    assert drawn_to(from_column(36), cell_px=8) == [40]


@pytest.mark.parametrize(("cell_px", "edge_radius"), [(4, 0), (0.2, 2)])
def test_without_a_radius_of_a_pixel_the_mask_stays_as_it_is(
    cell_px: float, edge_radius: float
) -> None:
    soft = sharpened(from_column(38), cell_px, RefineConfig(edge_radius=edge_radius))
    assert soft.dtype == np.float32
    assert (soft == from_column(38).mask).all()


def test_a_long_narrow_closeup_may_be_narrower_than_the_window() -> None:
    pixels = np.repeat(np.arange(400, dtype=np.uint8)[None, :, None] % 7, 3, axis=2)
    bar = Closeup((0, 0, 400, 5), np.repeat(pixels, 5, axis=0), np.ones((5, 400), np.bool_))
    assert sharpened(bar, 5, RefineConfig(edge_radius=10)) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("cell_px", "second_stays"), [(1, True), (3.75, False)])
def test_smooth_rounds_a_corner_the_more_the_larger_a_cell(
    cell_px: float, second_stays: bool
) -> None:
    square = np.zeros((30, 30), np.bool_)
    square[5:25, 5:25] = True
    mask_side = round(30 / cell_px)
    rounded = smoothed(square.astype(np.float32), mask_side, RefineConfig(smooth=1)) >= 0.5
    assert not rounded[[5, 5, 24, 24], [5, 24, 5, 24]].any()  # the corners
    assert rounded[6, 6] == second_stays
    assert rounded[5:25, 15].all()  # the sides stay where they were
    assert (rounded <= square).all()


# refine: the closeup's mask, drawn and cleaned, in the whole photograph.

AS_IT_IS = RefineConfig(outline="none", hole_fraction=0, island_fraction=0)


def photograph(height: int, width: int) -> NDArray[np.uint8]:
    return np.zeros((height, width, 3), np.uint8)


def model(mask_side: int = 256) -> Any:
    """What `refine` wants of a proposer whose masks have so many cells, and that draws nothing."""
    return SimpleNamespace(mask_side=mask_side)


def test_nothing_found_is_an_empty_mask_of_the_photograph_s_size() -> None:
    mask = refine(None, photograph(30, 40), model(256), RefineConfig())
    assert as_drawn(mask) == ["." * 40] * 30


def test_nothing_is_on_the_mask_outside_of_the_box() -> None:
    full = Closeup((2, 1, 5, 3), np.zeros((2, 3, 3), np.uint8), np.ones((2, 3), np.bool_))
    assert as_drawn(refine(full, photograph(4, 7), model(256), AS_IT_IS)) == [
        ".......",
        "..###..",
        "..###..",
        ".......",
    ]


def test_a_closeup_that_was_shrunk_is_enlarged_to_its_box() -> None:
    mask = drawn("#.", "#.")
    shrunk = Closeup((1, 1, 5, 5), np.zeros((2, 2, 3), np.uint8), mask)
    assert as_drawn(refine(shrunk, photograph(6, 6), model(256), AS_IT_IS)) == [
        "......",
        ".##...",
        ".##...",
        ".##...",
        ".##...",
        "......",
    ]


def test_the_outline_is_drawn_within_the_closeup() -> None:
    # The closeup's longer side has 80 px, the model's mask 20 cells: cells of 4 px.
    mask = refine(
        from_column(42), BLACK_AND_WHITE, model(20), RefineConfig(outline="guided", edge_radius=2)
    )
    assert (mask == from_column(40).mask).all()


@pytest.mark.parametrize(("fraction", "is_mended"), [(2 / 81, True), (1 / 81, False)])
def test_holes_and_islands_are_measured_against_the_photograph(
    fraction: float, is_mended: bool
) -> None:
    mask = drawn("###.#", "#.#..", "###..")  # a hole of 1 px and an island of 1 px, in 9 x 9 px
    closeup = Closeup((2, 2, 7, 5), np.zeros((3, 5, 3), np.uint8), mask)
    config = RefineConfig(outline="none", hole_fraction=fraction, island_fraction=fraction)
    refined = refine(closeup, photograph(9, 9), model(256), config)[2:5, 2:7]
    mended = ["###..", "###..", "###.."]
    assert as_drawn(refined) == (mended if is_mended else as_drawn(mask))


class Growing:
    """A proposer whose refiner makes each mask one pixel wider to the left, at the box's size."""

    mask_side = 256

    def __init__(self) -> None:
        self.held = False
        self.seen: list[tuple[tuple[int, ...], tuple[int, ...], bool]] = []

    def draw(self, image_rgb: NDArray[np.uint8], mask: Mask) -> NDArray[np.float32]:
        self.seen.append((image_rgb.shape, mask.shape, self.held))
        large = np.repeat(np.repeat(mask, 2, axis=0), 2, axis=1).astype(np.float32)
        return np.maximum(large, np.roll(large, -1, axis=1))

    @contextmanager
    def owned(self) -> Iterator[None]:
        self.held = True
        yield
        self.held = False


def test_the_refiner_sees_the_photograph_in_the_box_at_its_own_size_and_alone_on_the_device() -> (
    None
):
    proposer: Any = Growing()
    shrunk = Closeup((1, 1, 9, 5), np.zeros((2, 4, 3), np.uint8), drawn("..##", "..##"))
    config = AS_IT_IS.model_copy(update={"outline": "refiner"})
    mask = refine(shrunk, photograph(6, 10), proposer, config, proposer.owned())
    assert as_drawn(mask)[1:5] == ["....#####."] * 4
    assert proposer.seen == [((4, 8, 3), (2, 4), True)]
    assert not proposer.held
