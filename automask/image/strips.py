"""A large picture in strips, so that what is computed of it takes the memory of a small one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

STRIP_PIXELS = 1_000_000  # 4 MB for each plane of float32


@dataclass(frozen=True)
class Strip:
    """Rows that are wanted, and the rows that must be looked at for them."""

    rows: slice  # of the picture, wanted
    around: slice  # of the picture: `rows` and a margin on both sides, where there is one
    within: slice  # where `rows` lie in `around`


def strips(shape: tuple[int, ...], margin_px: int) -> Iterator[Strip]:
    """Strips of a picture H x W (x ...) = `shape` from top to bottom, about STRIP_PIXELS each.

    margin_px: how many rows above and below a pixel depends on. A strip is no thinner than the
    margin, so that at most thrice the picture is computed.
    """
    height, width = shape[:2]
    step = max(margin_px, STRIP_PIXELS // width, 1)
    for top in range(0, height, step):
        bottom = min(height, top + step)
        first, last = max(0, top - margin_px), min(height, bottom + margin_px)
        yield Strip(slice(top, bottom), slice(first, last), slice(top - first, bottom - first))


def rows_of_enlarged(
    picture: NDArray[np.float32], size: tuple[int, ...], rows: slice
) -> NDArray[np.float32]:
    """These rows of a picture (h x w x up to 4) enlarged to H x W = `size`, interpolated."""
    (height, width), (tall, wide) = picture.shape[:2], size[:2]
    across, down = width / wide, height / tall
    # Where the centre of a pixel of the large picture lies in the small one.
    back = np.array(
        [[across, 0, across / 2 - 0.5], [0, down, (rows.start + 0.5) * down - 0.5]], np.float64
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shape = (wide, rows.stop - rows.start)
    return cv2.warpAffine(picture, back, shape, flags=flags, borderMode=cv2.BORDER_REPLICATE)
