"""How alike two masks are."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

BOUNDARY_SIDE = 512  # px, longest side that both masks are brought to
BOUNDARY_TOLERANCE = 2.0  # px at that size


def mask_iou(a: Mask, b: Mask) -> float:
    """Intersection over union of two masks of one shape, 0..1; 1 where both are empty."""
    union = np.count_nonzero(a | b)
    return float(np.count_nonzero(a & b)) / union if union else 1.0


def boundary_f(predicted: Mask, true: Mask) -> float:
    """F-score of the outlines, 0..1: how much of each lies within 2 px of the other.

    Both H x W of one shape, compared at 512 px on the longest side, so that the figure does not
    depend on the photograph's size. After Perazzi et al., "A benchmark dataset and evaluation
    methodology for video object segmentation", 2016. Where one has no outline, being empty or the
    whole frame: 1 if they are equal, else 0.
    """
    ours, theirs = (_outline(_at_boundary_side(mask)) for mask in (predicted, true))
    if not ours.any() or not theirs.any():
        return float(np.array_equal(predicted, true))
    precision = (_distance_to(theirs)[ours] <= BOUNDARY_TOLERANCE).mean()
    recall = (_distance_to(ours)[theirs] <= BOUNDARY_TOLERANCE).mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def _at_boundary_side(mask: Mask) -> Mask:
    scale = BOUNDARY_SIDE / max(mask.shape)
    width, height = (max(1, round(side * scale)) for side in mask.shape[::-1])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    soft = cv2.resize(mask.astype(np.float32), (width, height), interpolation=way)
    return np.asarray(soft >= 0.5)


def _outline(mask: Mask) -> Mask:
    """Mask pixels beside the background; the image's border is no outline."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    return mask & (inner == 0)


def _distance_to(outline: Mask) -> NDArray[np.float32]:
    return cv2.distanceTransform((~outline).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
