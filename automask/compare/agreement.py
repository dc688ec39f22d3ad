"""The agreement of two runs' masks."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from automask.compare.masks import Mask, Masks
from automask.errors import ImageError
from automask.image.metrics import mask_iou
from automask.records import OK, ImageRecord

ALIKE_IOU = 0.95  # IoU from which two masks agree, as in automask.bench
CLOSE_IOU, OTHER_IOU = 0.9, 0.5  # nearly the same; below, mostly something else
EDGES = (0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)  # of the histogram's bins; the last is 1 itself


@dataclass(frozen=True)
class Likeness:
    """One image that both runs have finished."""

    image: str
    iou: float  # 0..1; 1 where both found no object, 0 where one did


@dataclass(frozen=True)
class Unread:
    """An image whose two masks cannot be compared."""

    image: str
    error: str


@dataclass(frozen=True)
class Bin:
    """A bar of the histogram."""

    low: float  # IoU from here on
    high: float  # and below; for the last bin 1, and included
    images: int


@dataclass(frozen=True)
class Agreement:
    """The masks of all images compared, each image counting the same."""

    images: int
    mean: float  # of the IoU, as all that follow
    median: float
    share_alike: float  # IoU of at least ALIKE_IOU
    share_close: float  # of at least CLOSE_IOU
    share_other: float  # below OTHER_IOU
    histogram: tuple[Bin, ...]


def likeness(a: ImageRecord, b: ImageRecord, ours: Masks, theirs: Masks) -> Likeness | Unread:
    """The IoU of two masks of a photograph that both runs have finished."""
    if not a.status == b.status == OK:
        return Likeness(a.image, float(a.status == b.status))
    try:
        return Likeness(a.image, mask_iou(*both_masks(a, b, ours, theirs)))
    except ImageError as error:
        return Unread(a.image, str(error))


def both_masks(a: ImageRecord, b: ImageRecord, ours: Masks, theirs: Masks) -> tuple[Mask, Mask]:
    """The two masks, of one shape; empty if a run found no object. Raises ImageError."""
    first = ours.read(a) if a.status == OK else None
    second = theirs.read(b) if b.status == OK else None
    if first is None or second is None:
        known = first if first is not None else second
        nothing = np.zeros((1, 1) if known is None else known.shape, np.bool_)
        return (nothing if first is None else first), (nothing if second is None else second)
    if first.shape != second.shape:
        sizes = " and ".join(f"{mask.shape[1]} x {mask.shape[0]}" for mask in (first, second))
        raise ImageError(f"the masks differ in size: {sizes} (A's and B's, width x height)")
    return first, second


def agreement(likenesses: Sequence[Likeness]) -> Agreement | None:
    """The summary of the likenesses; None if there are none."""
    if not likenesses:
        return None
    ious = np.array([one.iou for one in likenesses])
    return Agreement(
        images=len(ious),
        mean=float(ious.mean()),
        median=float(np.median(ious)),
        share_alike=float((ious >= ALIKE_IOU).mean()),
        share_close=float((ious >= CLOSE_IOU).mean()),
        share_other=float((ious < OTHER_IOU).mean()),
        histogram=_histogram(ious.tolist()),
    )


def _histogram(ious: Sequence[float]) -> tuple[Bin, ...]:
    counts = Counter(bisect(EDGES, iou) for iou in ious)
    ranges = zip((0.0, *EDGES), (*EDGES, 1.0), strict=True)
    return tuple(Bin(low, high, counts[place]) for place, (low, high) in enumerate(ranges))
