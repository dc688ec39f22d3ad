"""alpha: how much of each pixel is the object, from the mask and the photograph.

Measured on 27 photographs with true mattes, from the true matte's mask and from masks of 256 px
(docs/mattes.md): the guided filter of a hard mask beats closed-form and KNN matting, at a
fraction of their time. Those expect a trimap drawn by a person; a band around a mask leaves thin
parts and hair without any sure pixel, and there they lose the object, which the filter does not.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.image.guided import fast_guided_filter
from automask.records import Mask
from automask.result_settings import AlphaConfig

MIN_BAND_PX = 2  # half its width: a photograph's edge is about two pixels wide
WINDOWS_IN_BAND = 3  # radii of the filter's window in half the band; 2 to 4 measured alike
MOST_PIXELS = 2_000_000  # that the filter's functions are found on: 24 megapixels in 2 s


def make_alpha(
    image: NDArray[np.uint8], mask: Mask, half_px: float, epsilon: float
) -> NDArray[np.uint8]:
    """The alpha matte of a mask, H x W, 0..255.

    image: H x W x 3 uint8 RGB; mask: H x W. Only within `half_px` of the outline may it be other
    than 0 and 255; a mask that is empty or the whole frame has no outline. epsilon: see guided.py.
    """
    alpha = mask.astype(np.uint8) * 255
    if not mask.any() or mask.all():
        return alpha
    radius_px = max(1, round(half_px / WINDOWS_IN_BAND))
    box = _box(mask, math.ceil(half_px) + 2 * radius_px)
    flat = mask[box].astype(np.float32)
    soft = fast_guided_filter(image[box], flat, radius_px, epsilon, MOST_PIXELS)
    in_band = _near_outline(mask[box], half_px)
    alpha[box][in_band] = (soft[in_band].clip(0, 1) * 255).round().astype(np.uint8)
    return alpha


def band_px(mask: Mask, objects: int, config: AlphaConfig) -> float:
    """Half the width of the band in which the alpha of these objects (a number) is found, px."""
    side = math.sqrt(np.count_nonzero(mask) / max(objects, 1))
    return max(MIN_BAND_PX, config.band_fraction * side)


def _box(mask: Mask, margin_px: int) -> tuple[slice, slice]:
    """Rows and columns that hold the mask and a margin, as far as there are any."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    first = (max(0, top - margin_px), max(0, left - margin_px))
    return np.s_[first[0] : top + height + margin_px, first[1] : left + width + margin_px]


def _near_outline(mask: Mask, within_px: float) -> Mask:
    """Pixels at most so far from the nearest one on the other side of the outline."""
    inside = mask.astype(np.uint8)
    to_background = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    near = mask & (to_background <= within_px)
    to_object = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    return np.asarray(near | (~mask & (to_object <= within_px)))
