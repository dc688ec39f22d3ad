"""render: a result as pixels, each kind as its folder holds it."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.config import RunConfig
from automask.image.alpha import band_px, make_alpha
from automask.image.cutout import cutout
from automask.image.objects import Labels, id_colours
from automask.records import Mask, MaskResult

Pixels = NDArray[np.uint8]

OVERLAY_RGB = (255, 40, 90)  # a red that neither foliage, sky nor skin has much of
OVERLAY_DIM = 0.45  # how much of its brightness the background keeps


class Rendering:
    """The pictures of one photograph's result; the matte, which two of them show, is made once.

    image: H x W x 3 uint8 RGB. Each picture is H x W, or H x W x 3 (RGB), or H x W x 4 (RGBA).
    """

    def __init__(self, image: Pixels, result: MaskResult, config: RunConfig) -> None:
        self.image, self.result, self.config = image, result, config

    def pixels(self, kind: str) -> Pixels | Labels:
        """What a kind of result shows, ready for `encode_png`."""
        result = self.result
        if kind == "trimap":
            return result.trimap
        if kind == "mask":
            return result.mask.astype(np.uint8) * 255
        if kind == "alpha":
            return self.alpha
        if kind == "probability":
            return self.probability
        if kind == "cutout":
            reach_px = 2 * round(self._band_px) + 1  # over the whole band
            return cutout(self.image, self.alpha, self.config.cutout.background, reach_px)
        if kind == "overlay" and result.labels is None:
            return overlay(self.image, result.mask)
        if result.labels is None:
            raise ValueError(f"there is no {kind!r} of one object")
        return result.labels if kind == "objects" else objects_overlay(self.image, result.labels)

    @property
    def probability(self) -> Pixels:
        """How likely each pixel is the object, H x W, 0..255; a mask mended by hand is certain."""
        small = self.result.probability
        if small is None:
            return self.result.mask.astype(np.uint8) * 255
        height, width = self.result.mask.shape
        whole = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(whole * 255 + 0.5).clip(0, 255).astype(np.uint8)

    @cached_property
    def alpha(self) -> Pixels:
        """The alpha matte, H x W, 0..255."""
        if self.result.alpha is not None:
            return self.result.alpha
        return make_alpha(self.image, self.result.mask, self._band_px, self.config.alpha.epsilon)

    @cached_property
    def _band_px(self) -> float:
        result = self.result
        count = 1 if result.labels is None else int(result.labels.max(initial=0))
        return band_px(result.mask, count, self.config.alpha)


def overlay(image: Pixels, mask: Mask) -> Pixels:
    """The photograph (H x W x 3 RGB), dimmed outside the mask (H x W), its outline drawn."""
    return _outlined(_dimmed(image, mask), mask, OVERLAY_RGB)


def objects_overlay(image: Pixels, labels: Labels) -> Pixels:
    """The photograph (H x W x 3 RGB), dimmed outside the objects (H x W ids), the outline of each
    in a colour of its own.
    """
    shown = _dimmed(image, labels > 0)
    for index, colour in enumerate(id_colours(int(labels.max(initial=0)))):
        shown = _outlined(shown, labels == index + 1, colour)
    return shown


def _dimmed(image: Pixels, mask: Mask) -> Pixels:
    return np.where(mask[..., None], image, (image * OVERLAY_DIM).astype(np.uint8))


def _outlined(shown: Pixels, mask: Mask, colour: tuple[int, int, int]) -> Pixels:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    thickness = max(1, round(max(mask.shape) / 400))
    return cv2.drawContours(np.ascontiguousarray(shown), contours, -1, colour, thickness)
