"""What a click changes of a mask: the region that was clicked, and nothing on the other side.

A model prompted to correct one place draws the whole mask anew, and takes back elsewhere what was
right. Of its answer only the changed region at the click is taken (the progressive merge of Chen et
al., "FocalClick: towards practical interactive image segmentation", 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.records import Mask

Point = tuple[float, float, bool]  # x, y in px of what is shown; whether it is on the object


@dataclass(frozen=True)
class Clicks:
    """What a person asks of the object in hand."""

    points: Sequence[Point]  # the newest last
    box_xyxy: tuple[float, float, float, float] | None = None  # px of what is shown
    current: Mask | None = None  # h x w, the object's mask as it is; None: there is none yet
    previous: str | None = None  # key of the suggestion that it came from
    fresh: int = 1  # how many of the points are new, and have changed nothing yet

    @property
    def has_mask(self) -> bool:
        return self.current is not None and bool(self.current.any())


@dataclass(frozen=True)
class Suggestion:
    """One mask that may be what the person meant."""

    mask: Mask  # h x w of what is shown
    predicted_iou: float
    key: str  # to be sent back as `Clicks.previous`


def readings(
    clicks: Clicks, answers: Sequence[Mask], proposed: Mask | None = None
) -> list[tuple[Mask, int | None]]:
    """What the answers to some clicks may mean, the likeliest first, no mask twice.

    Where there is a mask in hand: the mask with the clicked region changed alone, the first answer
    as it is, the other answers, and `proposed`, which of all that a run finds fits the clicks best;
    that comes first where the answer leaves the clicked place as it was. Each with the number of
    its answer; None: of none.
    """
    numbered: list[tuple[Mask, int | None]] = list(zip(answers, range(len(answers)), strict=True))
    if clicks.has_mask and clicks.points:
        local = merged_at(clicks, answers[0])
        numbered.insert(0, (local, None))
        if proposed is not None:
            is_heard = fits(local, replace(clicks, points=clicks.points[-1:]), local.shape)
            numbered.insert(len(numbered) if is_heard else 0, (proposed, None))
    masks = [mask for mask, _ in numbered]
    return [
        one
        for place, one in enumerate(numbered)
        if not any(np.array_equal(one[0], before) for before in masks[:place])
    ]


def fits(mask: Mask, clicks: Clicks, size: tuple[int, int]) -> bool:
    """Whether a mask of any size holds the points on the object and no other; size: h, w of what
    the points are px of.
    """
    down, across = mask.shape[0] / size[0], mask.shape[1] / size[1]
    return all(bool(_value(mask, x * across, y * down)) == is_on for x, y, is_on in clicks.points)


def merged_at(clicks: Clicks, answer: Mask) -> Mask:
    """The mask in hand with what the new clicks change of it; without one, the answer.

    answer: h x w, what the model makes of all the clicks.
    """
    current = clicks.current
    if current is None or not clicks.has_mask or not clicks.points:
        return answer
    merged = current
    for x, y, is_on in clicks.points[-clicks.fresh :]:
        if is_on:
            merged = merged | region_at(answer & ~merged, x, y)
        else:
            merged = merged & ~region_at(merged & ~answer, x, y)
    return merged


def region_at(mask: Mask, x: float, y: float) -> Mask:
    """The connected region of a mask (H x W) that holds a point (px); empty where there is none."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    number = _value(labels, x, y)
    return labels == number if number else np.zeros_like(mask)


def _value(values: NDArray[Any], x: float, y: float) -> Any:
    """The value of the pixel that holds a point, the nearest where it lies outside."""
    height, width = values.shape
    return values[min(max(int(y), 0), height - 1), min(max(int(x), 0), width - 1)]
