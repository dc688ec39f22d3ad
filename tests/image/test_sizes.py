"""sizes: photographs and masks at other sizes. Masks are drawn: # is on the mask, . is not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.image.sizes import at_size, resized, shrink
from automask.records import Proposal

Mask = NDArray[np.bool_]


def drawn(*rows: str) -> Mask:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def as_drawn(mask: Mask) -> list[str]:
    assert mask.dtype == np.bool_
    return ["".join(".#"[int(pixel)] for pixel in row) for row in mask]


LEFT_HALF = drawn("#.", "#.")


# Photographs.


@pytest.mark.parametrize(
    ("size", "max_side", "smaller"),
    [
        ((100, 50), 20, (20, 10)),
        ((50, 100), 20, (10, 20)),
        ((30, 40), 20, (15, 20)),
        ((1000, 3), 100, (100, 1)),  # 0.3 px would be no picture at all
        ((20, 10), 20, (20, 10)),
        ((10, 5), 20, (10, 5)),  # never enlarged
        ((100, 50), 0, (100, 50)),  # 0: as it is
    ],
)
def test_shrink_fits_the_longest_side(
    size: tuple[int, int], max_side: int, smaller: tuple[int, int]
) -> None:
    assert shrink(np.zeros((*size, 3), np.uint8), max_side).shape == (*smaller, 3)


def test_shrink_averages_the_pixels_that_become_one() -> None:
    image = np.array([[[0, 0, 20], [100, 100, 20]]], np.uint8)
    assert shrink(image, 1).tolist() == [[[50, 50, 20]]]


# Masks.


def test_a_mask_of_the_size_is_the_mask_itself() -> None:
    assert resized(LEFT_HALF, (2, 2)) is LEFT_HALF
    assert resized(LEFT_HALF, (2, 2, 3)) is LEFT_HALF  # the shape of a photograph will do


def test_enlarging_keeps_the_edge_where_it_was() -> None:
    assert as_drawn(resized(LEFT_HALF, (4, 4))) == ["##.."] * 4


def test_enlarging_cuts_the_corner_of_what_would_be_a_stair() -> None:
    assert as_drawn(resized(drawn("#.", ".."), (8, 8))) == [
        "####....",
        "####....",
        "####....",
        "###.....",
        "........",
        "........",
        "........",
        "........",
    ]


def test_of_the_pixels_that_become_one_half_must_be_on_the_mask() -> None:
    mask = drawn(
        "##.#..",
        "##....",
        "#.##..",
        ".#....",
    )
    # 4, 1 and 0 of four above; 2, 2 and 0 below.
    assert as_drawn(resized(mask, (2, 3))) == ["#..", "##."]


def test_all_of_the_pixels_that_become_one_are_counted() -> None:
    ring = drawn("####", "#..#", "#..#", "####")  # 12 of 16, though none in the middle
    assert as_drawn(resized(ring, (1, 1))) == ["#"]


def test_no_proposal_is_an_empty_mask() -> None:
    assert as_drawn(at_size(None, (1, 2, 3))) == [".."]


def test_a_proposal_at_its_own_size_is_not_cut_anew() -> None:
    proposal = Proposal(LEFT_HALF, 0.9, 0.95, cut=lambda _: ~LEFT_HALF)
    assert at_size(proposal, (2, 2)) is LEFT_HALF


def test_a_proposal_that_can_be_cut_to_size_is() -> None:
    finer = drawn("#...", "##..", "###.", "####")
    asked: list[tuple[int, int]] = []
    proposal = Proposal(LEFT_HALF, 0.9, 0.95, cut=lambda size: asked.append(size) or finer)
    assert at_size(proposal, (4, 4, 3)) is finer
    assert asked == [(4, 4)]


def test_a_proposal_that_cannot_be_cut_is_resized() -> None:
    assert as_drawn(at_size(Proposal(LEFT_HALF, 0.9, 0.95), (4, 4))) == ["##.."] * 4
