"""points: which points of the grid are asked, with a look that needs no model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from segment_anything.utils.amg import build_point_grid

from automask.records import Mask, Proposal
from automask.sam.points import COARSE, UNCOVERED, WITHIN, Points, coarse, coarse_to_fine

SIDE = 32
GRID: Points = build_point_grid(SIDE)
Region = Callable[[float, float], bool]


def disc(x: float, y: float, radius: float) -> Mask:
    """100 x 100, a disc; centre and radius in fractions of the side."""
    rows, columns = (np.mgrid[0:100, 0:100] + 0.5) / 100
    return np.asarray((columns - x) ** 2 + (rows - y) ** 2 < radius**2)


class FakeLook:
    """Answers each point with the smallest of its regions that the point lies in."""

    def __init__(self, *regions: Mask) -> None:
        self.regions = sorted(regions, key=np.count_nonzero)
        self.asked: list[tuple[float, float]] = []
        self.found: list[Proposal] = []
        self.calls = 0

    def ask(self, points: Points) -> None:
        self.calls += 1
        for x, y in points.tolist():
            self.asked.append((x, y))
            hits = [r for r in self.regions if r[int(y * 100), int(x * 100)]]
            if hits and not any(p.mask is hits[0] for p in self.found):
                self.found.append(Proposal(hits[0], 0.9, 0.95, (x, y)))

    def proposals(self) -> list[Proposal]:
        return list(self.found)


def smallest_first(proposals: Sequence[Proposal]) -> list[Proposal]:
    """A rule of choice for these tests: of what was found, the smallest alone contends."""
    return sorted(proposals, key=lambda p: int(p.mask.sum()))[:1]


def test_the_coarse_grid_is_a_part_of_the_full_one_spread_over_it() -> None:
    picked = GRID[coarse(GRID)]
    assert len(picked) == COARSE**2
    cells = {(int(x * COARSE), int(y * COARSE)) for x, y in picked}
    assert len(cells) == COARSE**2  # one in each


def test_a_grid_no_finer_than_the_coarse_one_is_asked_whole() -> None:
    look = FakeLook()
    coarse_to_fine(look, build_point_grid(4), smallest_first)
    assert len(look.asked) == 16


def test_few_points_of_the_full_grid_are_asked_none_of_them_twice() -> None:
    look = FakeLook(disc(0.5, 0.5, 0.3), np.ones((100, 100), np.bool_))
    coarse_to_fine(look, GRID, smallest_first)
    assert len(look.asked) == len(set(look.asked))
    assert set(look.asked) <= {(x, y) for x, y in GRID.tolist()}
    assert COARSE**2 < len(look.asked) <= COARSE**2 + UNCOVERED + sum(WITHIN) + 8


def test_an_object_between_the_coarse_points_is_found_where_nothing_covers_it() -> None:
    # The backdrop is a mask with a hole; no coarse point lies in the hole, but nothing covers it.
    x, y = 0.5, 0.5
    thing = disc(x, y, 0.06)
    look = FakeLook(thing, ~thing)
    assert not any(thing[int(py * 100), int(px * 100)] for px, py in GRID[coarse(GRID)])
    found = coarse_to_fine(look, GRID, smallest_first)
    assert any(p.mask is thing for p in found)


def test_the_contenders_mask_is_asked_again_all_over() -> None:
    thing = disc(0.3, 0.6, 0.2)
    look = FakeLook(thing, ~thing)
    coarse_to_fine(look, GRID, smallest_first)
    inside = [(px, py) for px, py in look.asked if thing[int(py * 100), int(px * 100)]]
    assert len(inside) > WITHIN[0]
    for quarter in range(4):  # and not at one spot of it
        right, below = quarter % 2, quarter // 2
        assert any((px > 0.3) == right and (py > 0.6) == below for px, py in inside)


def test_the_search_goes_on_as_long_as_the_winner_changes() -> None:
    """Inside the first winner lies a smaller object that the coarse grid missed."""
    outer, inner = disc(0.5, 0.5, 0.4), disc(0.484, 0.484, 0.06)
    look = FakeLook(inner, outer)
    assert not any(inner[int(py * 100), int(px * 100)] for px, py in GRID[coarse(GRID)])
    found = coarse_to_fine(look, GRID, smallest_first)
    assert any(p.mask is inner for p in found)
    winner = next(p for p in found if p.mask is inner)
    assert winner.point is not None
    beside = [p for p in look.asked if 0 < np.abs(np.subtract(p, winner.point)).max() < 1.5 / SIDE]
    assert len(beside) == 8  # all neighbours of its point


@pytest.mark.parametrize("nothing", [FakeLook(), FakeLook(np.ones((100, 100), np.bool_))])
def test_where_nothing_contends_the_search_ends(nothing: FakeLook) -> None:
    found = coarse_to_fine(nothing, GRID, lambda _: [])
    assert found == nothing.found
    assert len(nothing.asked) <= COARSE**2 + UNCOVERED


def test_a_grid_of_ones_own_points_is_searched_as_well() -> None:
    rng = np.random.default_rng(0)
    own = rng.random((300, 2))
    look = FakeLook(disc(0.5, 0.5, 0.3))
    coarse_to_fine(look, own, smallest_first)
    assert set(look.asked) <= {(x, y) for x, y in own.tolist()}
    assert len(look.asked) < 150
