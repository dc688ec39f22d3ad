"""What a person does to a mask with one key: holes, specks, smoothing, growing, shrinking."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from automask.image.refine import drop_islands, fill_holes
from automask.records import Mask

MOST_PX = 200.0  # of a radius


def fill(mask: Mask, _: float = 0.0) -> Mask:
    """The mask (H x W) without any hole."""
    return fill_holes(mask, mask.size)


def drop_specks(mask: Mask, percent: float) -> Mask:
    """The mask without regions smaller than so many percent of the whole mask."""
    return drop_islands(mask, percent / 100 * float(mask.sum()))


def smooth(mask: Mask, radius_px: float) -> Mask:
    """The mask, its outline blurred by a Gaussian whose deviation is given and drawn anew."""
    if radius_px <= 0:
        return mask
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), radius_px)
    return np.asarray(soft >= 0.5)


def grow(mask: Mask, px: float) -> Mask:
    """The mask and all within so many px of it."""
    return ~shrink(~mask, px)


def shrink(mask: Mask, px: float) -> Mask:
    """The mask without what lies within so many px of its outline; the border is no outline."""
    if not (~mask).any():
        return mask
    distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance > px)


EDITS: Mapping[str, Callable[[Mask, float], Mask]] = {
    "fill": fill,
    "drop_specks": drop_specks,
    "smooth": smooth,
    "grow": grow,
    "shrink": shrink,
}


def edited(mask: Mask, tool: str, amount: float) -> Mask:
    """The mask after one of EDITS. Raises ValueError for another name or amount."""
    if tool not in EDITS or not 0 <= amount <= MOST_PX:
        raise ValueError(f"there is no edit {tool!r} of {amount:g}")
    return EDITS[tool](mask, amount)
