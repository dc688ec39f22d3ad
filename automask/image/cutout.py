"""cutout: the object on another background, or on none."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.image.strips import strips

Pixels = NDArray[np.uint8]
Colours = NDArray[np.float32]  # h x w x 3, of 255

TRANSPARENT = "transparent"
COLOURS = {"white": (255, 255, 255), "black": (0, 0, 0)}
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
    passes = (radius_px, max(1, radius_px // SECOND_PASS))
    for strip in strips(alpha.shape, sum(passes)):
        mixed = (alpha[strip.rows] > 0) & (alpha[strip.rows] < 255)
        if mixed.any():
            part = _unmixed(image[strip.around], alpha[strip.around], passes)[strip.within]
            colours[strip.rows][mixed] = part[mixed]
    return colours


def _unmixed(image: Pixels, alpha: Pixels, passes: tuple[int, ...]) -> Pixels:
    """The object's colour at each pixel, h x w x 3."""
    seen = image.astype(np.float32)
    share: Colours = np.repeat(alpha[..., None].astype(np.float32) / 255, 3, axis=2)
    rest: Colours = 1 - share
    front = back = seen
    for radius in passes:
        near_front = _weighted_mean(front, share, radius)
        back = _weighted_mean(back, rest, radius)
        front = near_front + share * (seen - share * near_front - rest * back)
        front = front.clip(0, 255)
    return np.asarray(front.round(), np.uint8)


def _weighted_mean(values: Colours, weights: Colours, radius: int) -> Colours:
    side = (2 * radius + 1, 2 * radius + 1)
    total = cv2.boxFilter(values * weights, cv2.CV_32F, side, borderType=cv2.BORDER_REFLECT)
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
