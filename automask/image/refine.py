"""refine: fill small holes, drop small islands.

Done here, in one place, for every model and device: SAM's generator does it only on request, and
SAM 2's defines `postprocess_small_regions` and never calls it, while its CUDA path cleans the
low-resolution masks, so that masks from a CPU and a GPU would differ silently.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def fill_holes(mask: NDArray[np.bool_], below_px: float) -> NDArray[np.bool_]:
    """The mask (H x W), every enclosed background region of fewer than `below_px` pixels filled.

    Background is 4-connected, as the complement of 8-connected foreground; a region that touches
    the border is outside, not a hole.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (~mask).astype(np.uint8), connectivity=4
    )
    small = stats[:, cv2.CC_STAT_AREA] < below_px
    small[0] = False  # label 0 is the mask itself
    small[_labels_on_border(labels)] = False
    return mask | small[labels] if count > 1 else mask


def drop_islands(mask: NDArray[np.bool_], below_px: float) -> NDArray[np.bool_]:
    """The mask (H x W) without its 8-connected regions of fewer than `below_px` pixels.

    The largest region always stays, however small it is.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    if count <= 2:  # the background and at most one region
        return mask
    keep = stats[:, cv2.CC_STAT_AREA] >= below_px
    keep[0] = False
    keep[1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())] = True
    return keep[labels]


def refine(
    mask: NDArray[np.bool_], hole_fraction: float, island_fraction: float
) -> NDArray[np.bool_]:
    """Fills holes and drops islands smaller than these fractions of the image's area."""
    filled = fill_holes(mask, hole_fraction * mask.size)
    return drop_islands(filled, island_fraction * mask.size)


def _labels_on_border(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    edges = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    return np.unique(np.concatenate(edges))
