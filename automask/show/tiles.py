"""Small pictures side by side: a photograph, masks, and the difference of two masks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.config import MAX_PIXELS
from automask.errors import ImageError
from automask.image.load import load
from automask.records import Mask

TILE = 200  # px, the longest side of a picture
Colour = tuple[int, int, int]
# Okabe and Ito's orange and sky blue, distinct for the colour-blind.
BOTH, FIRST_ONLY, SECOND_ONLY, NEITHER, IGNORED = (
    (235, 235, 235), (230, 159, 0), (86, 180, 233), (35, 35, 35), (120, 120, 120),
)  # fmt: skip

Pixels = NDArray[np.uint8]  # H x W x 3, RGB
Tile = tuple[str, Pixels]  # what it is, and the picture


def difference(first: Mask, second: Mask, ignored: Iterable[Mask | None] = ()) -> Pixels:
    """The difference of two masks, each pixel in the colour of the masks that contain it.

    Args:
        first: H x W bool.
        second: H x W bool.
        ignored: H x W bool, pixels that do not count; None: all count.

    Returns:
        H x W x 3 RGB.
    """
    picture = np.full((*first.shape, 3), NEITHER, np.uint8)
    picture[first & second] = BOTH
    picture[first & ~second] = FIRST_ONLY
    picture[~first & second] = SECOND_ONLY
    for left_out in ignored:
        if left_out is not None:
            picture[left_out] = IGNORED
    return picture


def black_and_white(mask: Mask) -> Pixels:
    """A mask, H x W, as a picture."""
    return grey(mask.astype(np.uint8) * 255)


def grey(values: NDArray[np.uint8]) -> Pixels:
    """Levels, H x W, as a picture."""
    return np.repeat(values[..., None], 3, axis=2)


def photograph(file: Path | None, max_pixels: int = MAX_PIXELS) -> Pixels:
    """A photograph for display; grey if it is missing or unreadable."""
    if file is not None:
        try:
            return load(file, max_pixels)
        except ImageError:  # the masks are informative without it
            pass
    return np.full((1, 1, 3), IGNORED, np.uint8)


def sized(tiles: Sequence[Tile], shape: tuple[int, ...]) -> tuple[Tile, ...]:
    """Tiles of one size, TILE px on the longest side. shape: H, W, which gives the proportions."""
    scale = TILE / max(shape[:2])
    size = max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
    return tuple((name, _resized(picture, size)) for name, picture in tiles)


def _resized(picture: Pixels, shape: tuple[int, int]) -> Pixels:
    shrinks = picture.shape[0] > shape[0]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    return cv2.resize(picture, shape[::-1], interpolation=way)
