"""Photographs and masks at other sizes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.records import Mask, Proposal


def shrink(image: NDArray[np.uint8], max_side: int) -> NDArray[np.uint8]:
    """The image (H x W x 3), its longest side at most `max_side` px (0: any)."""
    longest = max(image.shape[:2])
    if max_side == 0 or longest <= max_side:
        return image
    height, width = (max(1, round(s * max_side / longest)) for s in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def at_size(proposal: Proposal | None, shape: tuple[int, ...]) -> Mask:
    """The proposal's mask at H x W = `shape`, its edge interpolated; None: nothing anywhere."""
    if proposal is None:
        return np.zeros(shape[:2], np.bool_)
    if proposal.cut is not None and proposal.mask.shape != shape[:2]:
        return proposal.cut((shape[0], shape[1]))
    return resized(proposal.mask, shape)


def resized(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """A mask at H x W = `shape`, its edge interpolated."""
    height, width = shape[:2]
    if mask.shape == (height, width):
        return mask
    is_smaller = height * width < mask.size
    way = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
    soft = cv2.resize(mask.astype(np.float32), (width, height), interpolation=way)
    return np.asarray(soft >= 0.5)
