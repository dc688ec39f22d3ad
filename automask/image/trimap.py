"""trimap: foreground, background, and the contour between them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.config import MAX_CONTOUR_PX

FOREGROUND, BACKGROUND, CONTOUR = 1, 2, 3


def make_trimap(
    mask: NDArray[np.bool_],
    contour_px: int = 1,
    values: tuple[int, int, int] = (FOREGROUND, BACKGROUND, CONTOUR),
) -> NDArray[np.uint8]:
    """The trimap of a mask.

    The contour is the background within `contour_px` steps of the foreground, so it takes no
    foreground pixel away.

    Args:
        mask: H x W, True (or non-zero) on the object.
        contour_px: Width of the contour in steps to a 4-neighbour, 0..250.
        values: The labels of foreground, background and contour; (255, 0, 128) suits matting
            tools.

    Returns:
        H x W uint8.

    Raises:
        ValueError: The mask is not two-dimensional, or `contour_px` is out of range.
    """
    if mask.ndim != 2:
        raise ValueError(f"mask must be H x W, not of shape {mask.shape}")
    if not 0 <= contour_px <= MAX_CONTOUR_PX:
        raise ValueError(f"contour_px must be in 0..{MAX_CONTOUR_PX}, not {contour_px}")
    background = (np.asarray(mask) == 0).astype(np.uint8)
    if background.all():  # also the empty mask: without foreground there is no contour
        return np.full(mask.shape, values[1], np.uint8)
    # City-block distance to the nearest foreground pixel is the number of 4-neighbour steps.
    steps = cv2.distanceTransform(background, cv2.DIST_L1, 3, dstType=cv2.CV_8U)
    return cv2.LUT(steps, _labels_by_steps(contour_px, values))


def _labels_by_steps(contour_px: int, values: tuple[int, int, int]) -> NDArray[np.uint8]:
    foreground, background, contour = values
    labels = np.full(256, background, np.uint8)
    labels[0] = foreground
    labels[1 : contour_px + 1] = contour
    return labels
