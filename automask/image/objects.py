"""objects: all that stands in a photograph, where there is no single object: drops on a window.

The evidence for a primary object (its size, its place, how compact it is) speaks for a subject, and
against a raindrop in the corner. What is left is how sure the model is of an outline: predicted IoU
times stability, which is what orders them here.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.records import Mask, Proposal
from automask.result_settings import ObjectsConfig

Labels = NDArray[np.uint16]  # H x W: 0 background, then an id for each object

MAX_OBJECTS = 65535  # ids of 16 bits
GOLDEN_TURN = 0.618  # of the circle of hues: neighbours in rank never look alike


def pick_objects(proposals: Sequence[Proposal], config: ObjectsConfig) -> list[int]:
    """Indices of the proposals that are objects, by falling evidence, at most as many as wanted.

    Left out at once are specks (area below `min_area`), frames (above `max_area`) and backdrops
    (more of the border than `max_border_coverage`). The others are looked at by falling evidence.
    Each pixel belongs to the first that was kept there, and a proposal is

    1. dropped if more than `max_covered` of it belongs to kept ones: the same again, a part of one,
       or a group of several;
    2. else kept if no kept one lies in it by more than `max_covered` of that one's pixels;
    3. else a whole of parts, mostly new. It takes the place of these parts if its evidence is at
       least `whole_share` of the best part's and they are no more than `max_parts`; otherwise it
       is dropped, and the parts stay. A window with twenty drops is no object of twenty parts.

    A whole that ranks above its parts needs no rule of its own: they fall by 1.
    """
    picked = _Picked(proposals, config)
    for index in ranked(proposals, config):
        picked.look_at(index)
    return sorted(picked.kept, key=lambda i: (-quality(proposals[i]), i))[: most(config)]


def most(config: ObjectsConfig) -> int:
    """How many objects there may be."""
    return min(config.wanted, MAX_OBJECTS) if isinstance(config.wanted, int) else MAX_OBJECTS


def quality(proposal: Proposal) -> float:
    """How sure the model is of this outline, 0..1, whatever it shows."""
    return min(1.0, max(0.0, proposal.predicted_iou)) * min(1.0, max(0.0, proposal.stability_score))


def ranked(proposals: Sequence[Proposal], config: ObjectsConfig) -> list[int]:
    """Indices of the proposals that may be objects, by falling evidence."""
    able = [i for i, proposal in enumerate(proposals) if _may_be_object(proposal.mask, config)]
    return sorted(able, key=lambda i: (-quality(proposals[i]), i))


def _may_be_object(mask: Mask, config: ObjectsConfig) -> bool:
    if not config.min_area <= mask.mean() <= config.max_area:
        return False
    edges = (mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1])
    return bool(np.concatenate(edges).mean() <= config.max_border_coverage)


class _Picked:
    """The kept ones so far, and whose each pixel is."""

    def __init__(self, proposals: Sequence[Proposal], config: ObjectsConfig) -> None:
        self.proposals, self.config = proposals, config
        self.kept: list[int] = []
        shape = proposals[0].mask.shape if proposals else (0, 0)
        self._owner = np.zeros(shape, np.int32)  # 0: nobody, else index + 1
        self._owned_px = np.zeros(len(proposals) + 1, np.int64)

    def look_at(self, index: int) -> None:
        mask = self.proposals[index].mask
        within_px = np.bincount(self._owner[mask], minlength=len(self._owned_px))
        if within_px[1:].sum() > self.config.max_covered * mask.sum():
            return
        parts = [i for i in self.kept if self._is_swallowed(i, within_px)]
        if parts and not self._is_whole(index, parts):
            return
        for part in parts:
            self.kept.remove(part)
            self._owner[self._owner == part + 1] = 0
        self.kept.append(index)
        self._owner[mask & (self._owner == 0)] = index + 1
        self._owned_px = np.bincount(self._owner.ravel(), minlength=len(self._owned_px))

    def _is_swallowed(self, index: int, within_px: NDArray[np.int64]) -> bool:
        limit = self.config.max_covered * self._owned_px[index + 1]
        return bool(within_px[index + 1] > limit)

    def _is_whole(self, index: int, parts: Sequence[int]) -> bool:
        best = max(quality(self.proposals[part]) for part in parts)
        is_sure = quality(self.proposals[index]) >= self.config.whole_share * best
        return is_sure and len(parts) <= self.config.max_parts


def label_objects(masks: Iterable[Mask], shape: tuple[int, int]) -> Labels:
    """Ids 1, 2, ... in the order of the masks (H x W = `shape`), overlaps to the earlier one.

    A mask of which nothing is left gets no id: the ids have no gap.
    """
    return label_pieces(((mask, 0.0) for mask in masks), shape, Pieces(0.0, False))[0]


@dataclass(frozen=True)
class Pieces:
    """What becomes of an object's pieces, once overlaps have been resolved."""

    least_px: float  # smaller ones, crumbs that a better object has left, are dropped
    split: bool  # whether those that do not touch are objects of their own
    most: int = MAX_OBJECTS  # objects


def label_pieces(
    scored: Iterable[tuple[Mask, float]], shape: tuple[int, int], pieces: Pieces
) -> tuple[Labels, tuple[float, ...]]:
    """The same with what is left of each mask in pieces, and each object's score, by its id.

    scored: masks, H x W = `shape`, with the score that each of its pieces has.
    """
    labels = np.zeros(shape, np.uint16)
    scores: list[float] = []
    for mask, score in scored:
        left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
        box = np.s_[top : top + height, left : left + width]
        for piece in _pieces(mask[box] & (labels[box] == 0), pieces):
            if len(scores) == pieces.most:
                return labels, tuple(scores)
            scores.append(score)
            labels[box][piece] = len(scores)
    return labels, tuple(scores)


def _pieces(mask: Mask, pieces: Pieces) -> Iterator[Mask]:
    """The objects that what is left of a mask (h x w) makes: none, one, or each of its pieces."""
    if not mask.any():
        return
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    large = [index + 1 for index in range(count - 1) if areas[index] >= pieces.least_px]
    if pieces.split:
        yield from (parts == index for index in sorted(large, key=lambda i: -areas[i - 1]))
    elif large:
        yield np.isin(parts, large)


def id_colours(count: int) -> list[tuple[int, int, int]]:
    """A colour (RGB, 0..255) for each of the objects, bright, and unlike that of the next."""
    hues = [(i * GOLDEN_TURN) % 1 for i in range(count)]
    colours = [colorsys.hsv_to_rgb(hue, 0.85, 1.0) for hue in hues]
    return [(round(r * 255), round(g * 255), round(b * 255)) for r, g, b in colours]
