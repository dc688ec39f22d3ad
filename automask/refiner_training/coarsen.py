"""True masks made as wrong as models' masks are: what the refiner learns from.

Models err in a few ways: their grid rounds what is finer than a cell; their outline wanders; they
fill the air between thin parts or miss the part; they take a bit of background or leave a hole.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Soft = NDArray[np.float32]  # H x W, 0..1

GOOD_SHARE = 0.35  # of the masks stay good: the refiner must leave them alone
CELLS_PX = (1.2, 7.0)  # a cell of the model's grid, in pixels of the view
WANDER_PX = 5.0  # deviation of the outline at most
HARD_SHARE = 0.35  # of the masks are cut to hard ones, as those that a person draws
SLOPE = (1.0, 6.0)  # logits from sure background to sure object, where a mask is soft


def coarsened(truth: Soft, rng: np.random.Generator) -> Soft:
    """The mask as a model might have given it, H x W, hard or soft."""
    if rng.random() < GOOD_SHARE:
        return _given(_through_grid(truth, rng.uniform(1.0, 1.5), rng), rng)
    wrong = truth
    if rng.random() < 0.35:
        wrong = _without_detail(wrong, rng)
    wrong = _wandering(wrong, rng)
    if rng.random() < 0.35:
        wrong = _blotted(wrong, rng)
    cell_px = float(np.exp(rng.uniform(*np.log(CELLS_PX))))
    return _given(_through_grid(wrong, cell_px, rng), rng)


def as_given(soft: Soft, rng: np.random.Generator) -> Soft:
    """A model's own soft mask, now and then cut to a hard one."""
    return (soft > 0.5).astype(np.float32) if rng.random() < HARD_SHARE else soft


def _given(mask: Soft, rng: np.random.Generator) -> Soft:
    """Hard, or as soft as logits make it."""
    if rng.random() < HARD_SHARE:
        return (mask > 0.5).astype(np.float32)
    return np.asarray(1 / (1 + np.exp(-rng.uniform(*SLOPE) * 2 * (2 * mask - 1))), np.float32)


def _without_detail(mask: Soft, rng: np.random.Generator) -> Soft:
    """Thin parts missed, or the air between them filled."""
    size = int(rng.integers(2, 7)) * 2 + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    what = cv2.MORPH_OPEN if rng.random() < 0.5 else cv2.MORPH_CLOSE
    changed = np.asarray(cv2.morphologyEx(mask, what, kernel))
    return np.where(_noise(mask.shape, rng) > 0, changed, mask).astype(np.float32)


def _wandering(mask: Soft, rng: np.random.Generator) -> Soft:
    """The outline moved in and out at random, by noise added to the distance to it."""
    inside = (mask > 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    distance -= cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3)
    shift = rng.uniform(0, WANDER_PX) * _noise(mask.shape, rng) + rng.normal(0, 0.7)
    return np.asarray(np.clip(distance + shift + 0.5, 0, 1), np.float32)


def _blotted(mask: Soft, rng: np.random.Generator) -> Soft:
    """A few ellipses near the outline that belong to the wrong side."""
    near = np.flatnonzero(cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((9, 9))) > 0.5)
    blotted = mask.copy()
    for _ in range(int(rng.integers(1, 4)) if len(near) else 0):
        row, column = divmod(int(rng.choice(near)), mask.shape[1])
        axes = (int(rng.integers(2, 16)), int(rng.integers(2, 16)))
        centre = (column + int(rng.normal(0, 8)), row + int(rng.normal(0, 8)))
        side = float(rng.random() < 0.5)
        cv2.ellipse(blotted, centre, axes, float(rng.uniform(0, 180)), 0, 360, side, -1)
    return blotted


def _through_grid(mask: Soft, cell_px: float, rng: np.random.Generator) -> Soft:
    """The mask as a grid of cells sees it, its logits enlarged again."""
    height, width = mask.shape
    size = (max(2, round(width / cell_px)), max(2, round(height / cell_px)))
    cells = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    cells = cells + rng.normal(0, 0.06, cells.shape).astype(np.float32)
    return np.asarray(cv2.resize(cells, (width, height), interpolation=cv2.INTER_LINEAR))


def _noise(shape: tuple[int, ...], rng: np.random.Generator) -> Soft:
    """Smooth noise H x W of mean 0 and a deviation of about 1, lumps of 8 to 48 px."""
    lump = rng.uniform(8, 48)
    small = [max(2, round(side / lump) + 1) for side in shape]
    lumps = rng.normal(0, 1.4, small).astype(np.float32)
    return np.asarray(cv2.resize(lumps, shape[1::-1], interpolation=cv2.INTER_CUBIC))
