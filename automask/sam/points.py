"""Which points to ask for the primary object: a few of the grid, placed where they matter.

The automatic mask generator asks a regular grid of points (32 x 32) because it wants every mask.
Of these the primary object needs about a fifth, and what is skipped cannot change the choice, or
only by a slightly other outline of the same object:

1. A coarse grid. A point between two that gave the same mask would give it once more.
2. Points in what no mask covers so far: there may be an object that the coarse grid stepped over.
3. Points in the masks that contend for the choice, spread as far from each other as they can be,
   until the winner stays: the object's outline depends on the point.
4. The neighbours of the contenders' own points.

All of them are points of the full grid, so that each mask is one that the full grid gives as well.
The numbers were chosen on 232 photographs that tiny did not learn from; on 500 others about 170 of
1024 points are sampled, and the mask is the full grid's (IoU >= 0.95) on 98 % of them (see
docs/benchmarks.md). The bundled model's saliency map in the place of 2 measured no better.
(MobileSAMv2, Zhang et al., 2023, places its prompts by a detector instead; here what was found so
far determines where to sample next.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from automask.records import Mask, Proposal

COARSE = 8  # points on a side of the coarse grid
UNCOVERED = 16  # points in what no mask covers
WITHIN = (48, 32, 16)  # points in each contender's mask, round by round

Points = NDArray[np.float64]  # N x 2: x, y, fractions of the photograph
Contenders = Callable[[Sequence[Proposal]], list[Proposal]]


class Look(Protocol):
    """A photograph that can be asked for masks, as often as one likes."""

    def ask(self, points: Points) -> None: ...

    def proposals(self) -> list[Proposal]:
        """What was found so far, one of each that are nearly the same."""
        ...


def coarse_to_fine(look: Look, grid: Points, contenders: Contenders) -> list[Proposal]:
    """Proposals among which the choice is that of the whole grid, see above.

    contenders: of the proposals those that may be the primary object, the best one first.
    """
    search = _Search(look, grid)
    search.ask(coarse(grid))
    search.ask(search.spread(~_covered(grid, look.proposals()), UNCOVERED))
    winner = None
    for count in WITHIN:
        front = contenders(look.proposals())
        if not front or front[0] is winner:
            break
        winner = front[0]
        for proposal in front:
            search.ask(search.spread(_inside(grid, proposal.mask), count))
    for proposal in contenders(look.proposals()):
        search.ask(_neighbours(grid, proposal.point))
    return look.proposals()


class _Search:
    """Which points of the grid have been asked."""

    def __init__(self, look: Look, grid: Points) -> None:
        self.look, self.grid = look, grid
        self.asked = np.zeros(len(grid), np.bool_)

    def ask(self, which: Mask) -> None:
        """which: N bool; each point is sampled once."""
        new = which & ~self.asked
        self.asked |= new
        if new.any():
            self.look.ask(self.grid[new])

    def spread(self, among: Mask, count: int) -> Mask:
        """At most `count` new points, each as far as can be from all that are asked (Gonzalez,
        "Clustering to minimize the maximum intercluster distance", 1985).
        """
        picked = np.zeros(len(self.grid), np.bool_)
        distance = _nearest(self.grid, self.grid[self.asked])
        distance[~among | self.asked] = -1
        for _ in range(count):
            farthest = int(distance.argmax())
            if distance[farthest] < 0:
                break
            picked[farthest] = True
            beside = _nearest(self.grid, self.grid[farthest][None])
            distance = np.minimum(distance, np.where(distance < 0, -1, beside))
            distance[farthest] = -1
        return picked


def coarse(grid: Points) -> Mask:
    """Of each cell of COARSE x COARSE the point of the grid that is nearest to its centre."""
    centres = (np.arange(COARSE) + 0.5) / COARSE
    wanted = np.stack(np.meshgrid(centres, centres), axis=2).reshape(-1, 1, 2)
    which = np.zeros(len(grid), np.bool_)
    which[((grid[None] - wanted) ** 2).sum(axis=2).argmin(axis=1)] = True
    return which


def _nearest(points: Points, others: Points) -> NDArray[np.float64]:
    """Squared distance of each point to the nearest of the others; infinite if there is none."""
    squares = ((points[:, None] - others[None]) ** 2).sum(axis=2)
    return np.asarray(squares.min(axis=1, initial=np.inf))


def _inside(grid: Points, mask: Mask) -> Mask:
    """Which points lie on the mask, N bool."""
    height, width = mask.shape
    columns, rows = (grid * (width, height)).astype(int).clip(0, (width - 1, height - 1)).T
    return mask[rows, columns]


def _covered(grid: Points, proposals: Sequence[Proposal]) -> Mask:
    on_some = np.zeros(len(grid), np.bool_)
    for proposal in proposals:
        on_some |= _inside(grid, proposal.mask)
    return on_some


def _neighbours(grid: Points, point: tuple[float, float] | None) -> Mask:
    """The eight points around one, in a grid as dense as this."""
    if point is None:
        return np.zeros(len(grid), np.bool_)
    step = 1 / np.sqrt(len(grid))
    return np.asarray((np.abs(grid - point) < 1.5 * step).all(axis=1))
