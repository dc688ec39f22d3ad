"""Prompts that know where to look: the saliency map's region, asked for in one call.

The map of the bundled model tells where the primary object is, whatever checkpoint draws it. Its
region gives a box, the points that lie deepest in it, and a box and a point for each separate part.
Where the choice among what comes back is clear, that is all: half a dozen prompts in the place of
170 points. Where it is not, all of it is forgotten and the grid searched as points.py has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.records import Mask, Proposal
from automask.sam.points import Points

Boxes = NDArray[np.float64]  # M x 4: xyxy, fractions of the photograph

SALIENT = 0.5  # of the map: what is above is the region
FAINT = 0.1  # a map that is nowhere higher shows nothing
MIN_PART = 0.05  # of the region's area; smaller parts are not asked for
MAX_PARTS = 4
DEEP_POINTS = 4  # in the whole region, spread over what is deep in it
DEEP = 0.5  # of the greatest depth


@dataclass(frozen=True)
class Prompts:
    """What to ask for in one call."""

    points: Points  # N x 2
    boxes: Boxes


class BoxLook(Protocol):
    """A photograph that can be asked for masks, by points and by boxes."""

    def ask(self, points: Points, boxes: Boxes | None = None) -> None: ...

    def proposals(self) -> list[Proposal]: ...


def guided(look: BoxLook, saliency: NDArray[np.float32]) -> list[Proposal]:
    """Proposals for what a saliency map (h x w, 0..1) shows; where that is nothing, none."""
    prompts = prompts_of(saliency)
    if prompts is not None:
        look.ask(prompts.points, prompts.boxes)
    return look.proposals()


def prompts_of(saliency: NDArray[np.float32]) -> Prompts | None:
    """Prompts for the region of a map; None where it shows nothing."""
    highest = float(saliency.max())
    if highest < FAINT:
        return None
    region = saliency >= min(SALIENT, highest / 2)
    parts = _parts(region)
    points = [_deepest(part) for part in parts]
    points += _spread(region, DEEP_POINTS)
    boxes = [_box(region), *(_box(part) for part in parts if len(parts) > 1)]
    height, width = region.shape
    return Prompts(
        (np.array(points, float) + 0.5) / (width, height),
        np.array(boxes, float) / (width, height, width, height),
    )


def _parts(region: Mask) -> list[Mask]:
    """The separate parts that are large enough, the largest first."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8))
    areas = stats[1:count, cv2.CC_STAT_AREA]
    order = np.argsort(-areas, kind="stable")[:MAX_PARTS]
    least = MIN_PART * areas.sum()
    return [np.asarray(labels == i + 1) for i in order if areas[i] >= least]


def _depth(region: Mask) -> NDArray[np.float32]:
    """Distance to what is outside, the frame's border included, in px of the map."""
    padded = np.pad(region.astype(np.uint8), 1)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 5))[1:-1, 1:-1]


def _deepest(part: Mask) -> tuple[int, int]:
    """Column and row."""
    row, column = np.unravel_index(int(_depth(part).argmax()), part.shape)
    return int(column), int(row)


def _spread(region: Mask, count: int) -> list[tuple[int, int]]:
    """Columns and rows of deep points, each as far as can be from the deepest and the others."""
    depth = _depth(region)
    rows, columns = np.nonzero(depth >= DEEP * depth.max())
    places = np.stack([columns, rows], axis=1).astype(float)
    distance = ((places - _deepest(region)) ** 2).sum(axis=1)
    picked: list[tuple[int, int]] = []
    while len(picked) < count and distance.max() > 0:
        farthest = places[int(distance.argmax())]
        picked.append((int(farthest[0]), int(farthest[1])))
        distance = np.minimum(distance, ((places - farthest) ** 2).sum(axis=1))
    return picked


def _box(region: Mask) -> tuple[int, int, int, int]:
    x, y, width, height = cv2.boundingRect(region.astype(np.uint8))
    return x, y, x + width, y + height
