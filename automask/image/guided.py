"""The guided filter with a colour guide: what it smooths keeps the edges of a photograph.

He, Sun, Tang, "Guided Image Filtering", ECCV 2010. Within each window the result is a linear
function of the guide's colours, so that it changes where they change and nowhere else; the time
does not depend on the radius.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

# Some 30 planes of float32 are alive at once, 120 bytes a pixel: 120 MB, however large the image.
STRIP_PIXELS = 1_000_000


def guided_filter(
    guide_rgb: NDArray[np.uint8], what: Plane, radius_px: int, epsilon: float
) -> Plane:
    """`what`, smoothed except where the guide has an edge.

    guide_rgb: H x W x 3 uint8 RGB. what: H x W float32. radius_px: of a window of
    (2 radius_px + 1) x (2 radius_px + 1) pixels, at least 1; beyond the border both are mirrored.
    epsilon: variance of colour, on a scale of 0..1, that counts as an edge: 1e-4 is a step of
    0.01, 2.5 of 255; below 1e-6 float32 is not exact enough. Returns H x W float32, which may
    leave the range of `what` by a little.

    Raises ValueError for shapes that do not fit, a radius below 1 and an epsilon not above 0.
    """
    _refuse_unfit(guide_rgb, what, radius_px, epsilon)
    height, width = what.shape
    margin = 2 * radius_px  # a window of windows: what one pixel of the result depends on
    rows = max(margin, STRIP_PIXELS // width, 1)
    filtered = np.empty((height, width), np.float32)
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        first, last = max(0, top - margin), min(height, bottom + margin)
        strip = _filtered(guide_rgb[first:last], what[first:last], radius_px, epsilon)
        filtered[top:bottom] = strip[top - first : bottom - first]
    return filtered


def _refuse_unfit(
    guide_rgb: NDArray[np.uint8], what: Plane, radius_px: int, epsilon: float
) -> None:
    if what.ndim != 2 or guide_rgb.shape != (*what.shape, 3):
        raise ValueError(f"a guide of shape {guide_rgb.shape} does not fit {what.shape}")
    if radius_px < 1 or epsilon <= 0:
        raise ValueError(f"radius_px must be 1 or more, not {radius_px}; epsilon above 0")


def _filtered(guide_rgb: NDArray[np.uint8], what: Plane, radius_px: int, epsilon: float) -> Plane:
    """The filter of a part that fits into memory many times."""

    def mean(plane: Plane) -> Plane:
        side = 2 * radius_px + 1
        return cv2.boxFilter(plane, cv2.CV_32F, (side, side), borderType=cv2.BORDER_REFLECT)

    # Around the middle of their range products lose fewer digits.
    colours = [p.astype(np.float32) / 255 - 0.5 for p in cv2.split(np.ascontiguousarray(guide_rgb))]
    slopes, offset = _linear_models(colours, what.astype(np.float32), mean, epsilon)
    result = mean(offset)
    for slope, colour in zip(slopes, colours, strict=True):
        result += mean(slope) * colour
    return result


def _linear_models(
    colours: list[Plane], what: Plane, mean: Callable[[Plane], Plane], epsilon: float
) -> tuple[tuple[Plane, Plane, Plane], Plane]:
    """For each window the slopes (by red, green, blue) and offset that give `what` best from the
    colours, with slopes held small by epsilon: ridge regression.
    """
    means = [mean(colour) for colour in colours]
    mean_what = mean(what)

    def covariance(i: int, j: int) -> Plane:
        spread = mean(colours[i] * colours[j]) - means[i] * means[j]
        return spread + np.float32(epsilon) if i == j else spread

    matrix = [covariance(i, j) for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))]
    along = [mean(colour * what) - m * mean_what for colour, m in zip(colours, means, strict=True)]
    slopes = solve_symmetric(matrix, along)
    offset = mean_what
    for slope, m in zip(slopes, means, strict=True):
        offset = offset - slope * m
    return slopes, offset


def solve_symmetric(matrix: list[Plane], right: list[Plane]) -> tuple[Plane, Plane, Plane]:
    """x of `matrix` x = `right` for each pixel, its matrix symmetric and positive definite.

    matrix: the entries 11, 12, 13, 22, 23, 33; right: three; each H x W. By the factors L D L^T,
    which stays exact in float32 where the three colours are nearly one, a grey photograph, and the
    determinant is a small difference of large products.
    """
    m11, m12, m13, m22, m23, m33 = matrix
    l21: Plane = m12 / m11
    l31: Plane = m13 / m11
    d2: Plane = m22 - l21 * m12
    below: Plane = m23 - l31 * m12
    l32: Plane = below / d2
    d3 = m33 - l31 * m13 - l32 * below
    y1, y2 = right[0], right[1] - l21 * right[0]
    y3 = right[2] - l31 * y1 - l32 * y2
    x3: Plane = y3 / d3
    x2: Plane = y2 / d2 - l32 * x3
    x1: Plane = y1 / m11 - l21 * x2 - l31 * x3
    return x1, x2, x3
