"""Prompts for a batch of views: points on the object, points beside it, boxes around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automask.tiny_training.augment import Image, View

POINTS_ON_OBJECT = 1
POINTS_BESIDE = 1  # on the background: the model must learn to score them low
BOX_JITTER = 0.08  # of the box's side, standard deviation, each corner alone


@dataclass(frozen=True)
class Prompts:
    """Prompts of B images in pixels of the model's frame, x before y, and what each one asks for.

    The last prompt of an image is its box.
    """

    points: NDArray[np.float32]  # B x P x 2, first the ones on the object, then those beside it
    on_object: NDArray[np.bool_]  # B x P
    boxes: NDArray[np.float32]  # B x 4, xyxy
    targets: list[list[Image]]  # B x (P + 1) masks S x S, 0..255


def sample_prompts(views: list[View], rng: np.random.Generator) -> Prompts:
    """Draws the prompts of each view; a view without background gets object points only.

    Where there are several objects, a point or a box asks for the whole or for one of them, and
    the three outputs of the decoder may answer each.
    """
    drawn = [_sample_one(view, rng) for view in views]
    points, on_object, boxes, targets = zip(*drawn, strict=True)
    return Prompts(
        np.stack(points).astype(np.float32),
        np.stack(on_object),
        np.stack(boxes).astype(np.float32),
        list(targets),
    )


def _sample_one(
    view: View, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32], list[Image]]:
    h, w = view.content_hw
    inside = view.mask[:h, :w] > 127
    on = _draw(inside, POINTS_ON_OBJECT, rng)
    beside = _draw(~inside, POINTS_BESIDE, rng)
    points = np.concatenate([on, beside])
    columns, rows = points[:, 0].astype(int), points[:, 1].astype(int)
    boxed = _whole_or_part(view, view.parts, rng)
    seen = [[p for p in view.parts if p[y, x] > 127] for y, x in zip(rows, columns, strict=True)]
    wanted = [_whole_or_part(view, parts, rng) for parts in seen]
    return points, inside[rows, columns], _jittered_box(boxed[:h, :w] > 127, rng), [*wanted, boxed]


def _whole_or_part(view: View, parts: Sequence[Image], rng: np.random.Generator) -> Image:
    if not parts or rng.random() < 0.5:
        return view.mask
    return parts[int(rng.integers(len(parts)))]


def _draw(region: NDArray[np.bool_], count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """`count` random pixels of the region (of the whole frame where it is empty), as x, y."""
    flat = np.flatnonzero(region)
    picks = rng.choice(flat, count) if len(flat) else rng.integers(0, region.size, count)
    rows, columns = np.unravel_index(picks, region.shape)
    return np.stack([columns, rows], axis=1).astype(np.float32)


def _jittered_box(inside: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float32]:
    h, w = inside.shape
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    if len(rows) == 0:
        return np.array([0, 0, w, h], np.float32)
    box = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32)
    sides = np.array([box[2] - box[0], box[3] - box[1]] * 2)
    box += rng.normal(0, BOX_JITTER, 4) * sides * (rng.random() < 0.7)
    return np.clip(box, 0, [w, h, w, h]).astype(np.float32)
