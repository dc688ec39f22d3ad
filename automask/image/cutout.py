"""cutout: the object on another background, or on none."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.image.strips import rows_of_enlarged, strips

Pixels = NDArray[np.uint8]
Colours = NDArray[np.float32]  # h x w x 3, of 255

TRANSPARENT = "transparent"
COLOURS = {"white": (255, 255, 255), "black": (0, 0, 0)}
MOST_PIXELS = 1_000_000  # that colours far around are found on
SECOND_PASS = 15  # times finer than the first: 90 px and 6 px in the paper


def cutout(image: Pixels, alpha: Pixels, background: str, radius_px: int) -> Pixels:
    """The object alone.

    image: H x W x 3 uint8 RGB; alpha: H x W, 0..255; radius_px: see `object_colours`. On white,
    black or #rrggbb the result is H x W x 3 RGB; on transparent H x W x 4 RGBA, alpha straight (not
    multiplied in). Where alpha is 0 nothing of the photograph is left: neither what should not be
    seen nor what would make the file large.
    """
    colours = object_colours(image, alpha, radius_px)
    if background == TRANSPARENT:
        return np.dstack([colours, alpha])
    return _on_colour(colours, alpha, rgb_of(background))


def rgb_of(background: str) -> tuple[int, int, int]:
    """Red, green, blue of white, black or #rrggbb, 0..255."""
    if background in COLOURS:
        return COLOURS[background]
    red, green, blue = bytes.fromhex(background.removeprefix("#"))
    return red, green, blue


def object_colours(image: Pixels, alpha: Pixels, radius_px: int) -> Pixels:
    """The object's own colours, H x W x 3 RGB: where it is mixed with its background, without it;
    black where alpha is 0.

    A photograph's pixel on the outline has the old background in it, which on a new one is seen as
    a halo. Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021: the colours of object
    and background are means over the neighbourhood, weighted by alpha, corrected so that mixed
    they give the pixel; twice, the second time nearer by. radius_px: of the first neighbourhood; it
    should reach over the band in which alpha is neither 0 nor 255.
    """
    colours = np.where(alpha[..., None] > 0, image, np.uint8(0))
    front, back = _wide_means(image, alpha, radius_px)
    near_px = max(1, radius_px // SECOND_PASS)
    for strip in strips(alpha.shape, near_px):
        mixed = (alpha[strip.rows] > 0) & (alpha[strip.rows] < 255)
        if not mixed.any():
            continue
        wide = [rows_of_enlarged(means, alpha.shape, strip.around) for means in (front, back)]
        part = _unmixed(image[strip.around], alpha[strip.around], wide, near_px)
        colours[strip.rows][mixed] = part[strip.within][mixed]
    return colours


def _wide_means(image: Pixels, alpha: Pixels, radius_px: int) -> tuple[Colours, Colours]:
    """The first pass: mean colours of object and background around each pixel, h x w x 3.

    They change slowly, and are found on a copy of at most MOST_PIXELS.
    """
    front = cv2.multiply(image, cv2.merge([alpha] * 3), scale=1 / 255)
    scale = min(1.0, math.sqrt(MOST_PIXELS / alpha.size))
    height, width = (max(1, round(side * scale)) for side in alpha.shape)
    small_front, small_back, small = (
        cv2.resize(p, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
        for p in (front, image - front, alpha)
    )
    share: Colours = np.repeat(small[..., None] / 255, 3, axis=2)
    radius = max(1, round(radius_px * scale))
    return _mean(small_front, share, radius), _mean(small_back, 1 - share, radius)


def _unmixed(image: Pixels, alpha: Pixels, wide: list[Colours], near_px: int) -> Pixels:
    """The second pass, from the means of the first: the object's own colours, h x w x 3."""
    seen = image.astype(np.float32)
    share: Colours = np.repeat(alpha[..., None].astype(np.float32) / 255, 3, axis=2)
    rest: Colours = 1 - share
    front = _corrected(seen, share, *wide)
    near_front, near_back = (
        _mean(front * share, share, near_px),
        _mean(wide[1] * rest, rest, near_px),
    )
    return np.asarray(_corrected(seen, share, near_front, near_back).round(), np.uint8)


def _corrected(seen: Colours, share: Colours, front: Colours, back: Colours) -> Colours:
    """The object's colour (`front`), moved towards what mixed with `back` gives what is seen."""
    missing = seen - share * front - (1 - share) * back
    return np.asarray((front + share * missing).clip(0, 255))


def _mean(weighted: Colours, weights: Colours, radius: int) -> Colours:
    """The mean over the neighbourhood of values that have been multiplied by their weights."""
    side = (2 * radius + 1, 2 * radius + 1)
    total = cv2.boxFilter(weighted, cv2.CV_32F, side, borderType=cv2.BORDER_REFLECT)
    weight = cv2.boxFilter(weights, cv2.CV_32F, side, borderType=cv2.BORDER_REFLECT)
    return np.asarray(total / np.maximum(weight, 1e-6))


def _on_colour(colours: Pixels, alpha: Pixels, rgb: tuple[int, int, int]) -> Pixels:
    """(alpha colour + (255 - alpha) rgb) / 255, rounded, in whole numbers: 0 and 255 are exact."""
    shown = np.empty_like(colours)
    for strip in strips(alpha.shape, 0):
        share = alpha[strip.rows][..., None].astype(np.uint32)
        mixed = share * colours[strip.rows] + (255 - share) * np.array(rgb, np.uint32)
        shown[strip.rows] = (mixed + 127) // 255
    return shown
