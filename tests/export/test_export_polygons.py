"""Outlines as polygons, in both conventions."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from export_runs import PIECES, RING, labels, mask

from automask.export.instances import Instance, instances
from automask.export.polygons import (
    Outline,
    centre_parts,
    draw_centres,
    draw_edges,
    edge_parts,
    joined,
    with_keyholes,
)

BLOCK = ("......", "......", "..###.", "..###.", "......")  # 3 x 2 pixels from (2, 2)


def only(rows: tuple[str, ...]) -> Instance:
    (instance,) = instances(labels(rows))
    return instance


def points(ring: np.ndarray) -> set[tuple[float, float]]:
    return {(x, y) for x, y in ring.tolist()}


def blob(seed: int) -> Instance:
    """A ragged object of 40 x 50 with holes and pieces."""
    noise = np.random.default_rng(seed).random((40, 50)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 1.5)
    (instance,) = instances((soft > np.quantile(soft, 0.3)).astype(np.uint8))
    return instance


def test_along_the_edges_a_block_has_its_own_corners() -> None:
    (part,) = edge_parts(only(BLOCK), 0)
    assert points(part.outer) == {(2, 2), (5, 2), (5, 4), (2, 4)}


@pytest.mark.parametrize("whole", [np.trunc, np.round])
def test_through_the_centres_a_block_ends_in_its_last_pixels(
    whole: Callable[[np.ndarray], np.ndarray],
) -> None:
    (part,) = centre_parts(only(BLOCK), 0)
    assert points(whole(part.outer)) == {(2, 2), (4, 2), (4, 3), (2, 3)}


def test_a_hole_belongs_to_the_piece_around_it() -> None:
    (part,) = edge_parts(only(RING), 0)
    assert len(part.holes) == 1
    hole = np.zeros((6, 10), bool)
    hole[2:4, 2:5] = True
    np.testing.assert_array_equal(draw_edges(part.holes, hole.shape), hole)


def test_pieces_come_apart() -> None:
    parts = edge_parts(only(PIECES), 0)
    corners = sorted(sorted(points(part.outer))[0] for part in parts)
    assert corners == [(1, 1), (7, 1)]


@pytest.mark.parametrize("seed", range(20))
def test_without_tolerance_the_edges_give_the_mask_back(seed: int) -> None:
    instance = blob(seed)
    rings = [with_keyholes(part) for part in edge_parts(instance, 0)]
    assert sum(len(part.holes) for part in edge_parts(instance, 0)) > 0
    np.testing.assert_array_equal(draw_edges(rings, instance.shape), instance.full)


@pytest.mark.parametrize("rows", [RING, BLOCK])
def test_without_tolerance_the_centres_of_one_piece_give_the_mask_back(
    rows: tuple[str, ...],
) -> None:
    ring = joined(centre_parts(only(rows), 0))
    np.testing.assert_array_equal(draw_centres([ring], mask(rows).shape), mask(rows))


def test_a_way_of_one_pixel_joins_two_pieces() -> None:
    ring = joined(centre_parts(only(PIECES), 0))
    drawn = draw_centres([ring], (6, 10))
    way = drawn & ~mask(PIECES)
    assert (drawn | mask(PIECES) == drawn).all()
    assert way.sum() == 4  # the gap between the pieces
    assert way.any(axis=0).tolist() == [False] * 3 + [True] * 4 + [False] * 3


def test_the_nearest_piece_is_joined_first() -> None:
    # Three in a row: no way goes from the first to the third past the second.
    rows = ("#..#..#", "#..#..#")
    ring = joined(centre_parts(only(rows), 0))
    steps = np.abs(np.diff(np.trunc(ring), axis=0, append=np.trunc(ring[:1]))[:, 0])
    assert steps.max() == 3
    assert draw_centres([ring], (2, 7)).sum() == 6 + 4  # two ways of two pixels


@pytest.mark.parametrize("parts_of", [edge_parts, centre_parts])
def test_the_tolerance_is_in_pixels_of_the_photograph(parts_of: Outline) -> None:
    # An ellipse of 70 x 50: half a pixel leaves its steps, a whole pixel does not.
    y, x = np.mgrid[:60, :80]
    (ellipse,) = instances((((x - 40) / 35) ** 2 + ((y - 30) / 25) ** 2 <= 1).astype(np.uint8))
    assert len(parts_of(ellipse, 0.5)[0].outer) > 50
    assert len(parts_of(ellipse, 1)[0].outer) < 20


def test_what_is_too_small_for_a_tolerance_stays_as_it_is() -> None:
    dot = only(("...", ".#.", "..."))
    (part,) = edge_parts(dot, 5)
    assert points(part.outer) == {(1, 1), (2, 1), (2, 2), (1, 2)}


def test_ids_may_have_gaps() -> None:
    found = instances(np.array([[0, 7, 7], [0, 0, 7], [3, 0, 0]]))
    assert [(one.id, one.box, one.area) for one in found] == [
        (3, (0, 2, 1, 1), 1),
        (7, (1, 0, 2, 2), 3),
    ]
