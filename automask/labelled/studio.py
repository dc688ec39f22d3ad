"""Studio shots made from photographs: the object cut out and set on a backdrop with its shadow.

The bundled model is trained on them, and `automask develop eval-choice --studio` measures on them:
a backdrop chosen as the object is the failure that automask must avoid.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
SOFT_EDGE = 0.7  # px, standard deviation; true masks are hard, photographs' edges are not
FILL = (0.4, 0.95)  # of the frame's side that the object fills at most
MAX_ENLARGEMENT = 1.5  # more would show as blur


def product_shot(image: Image, mask: Image, rng: np.random.Generator) -> tuple[Image, Image]:
    """The object scaled and moved to lie whole in the frame, on a backdrop; with its new mask.

    Args:
        image: H x W x 3 uint8.
        mask: H x W, 0..255, not empty.
        rng: Of place, scale, backdrop and shadow.

    Returns:
        Image and mask of the same sizes. What the border cuts off stays cut off.
    """
    h, w = mask.shape
    left, top, width, height = cv2.boundingRect(mask)
    scale = min(rng.uniform(*FILL) * min(w / width, h / height), MAX_ENLARGEMENT)
    x = rng.uniform(0, 1) * (w - scale * width) - scale * left
    y = rng.uniform(0, 1) * (h - scale * height) - scale * top
    matrix = np.array([[scale, 0, x], [0, scale, y]])
    moved, moved_mask = (np.asarray(cv2.warpAffine(a, matrix, (w, h))) for a in (image, mask))
    return on_backdrop(moved, moved_mask, rng), moved_mask


def on_backdrop(image: Image, mask: Image, rng: np.random.Generator) -> Image:
    """The object of an image (H x W x 3 uint8, mask H x W 0..255) on a random studio backdrop.

    Args:
        image: H x W x 3 uint8.
        mask: H x W, 0..255; it stays valid.
        rng: Of backdrop and shadow.

    Returns:
        H x W x 3 uint8: a plain or graded backdrop, in most cases with a soft shadow.
    """
    alpha = soft_alpha(mask)
    backdrop = _gradient(mask.shape[0], mask.shape[1], rng)
    if rng.random() < 0.6:
        backdrop *= 1 - rng.uniform(0.1, 0.5) * _shadow(mask, rng)[..., None]
    return np.clip(alpha * image + (1 - alpha) * backdrop + 0.5, 0, 255).astype(np.uint8)


def soft_alpha(mask: Image) -> NDArray[np.float32]:
    """A hard mask (H x W, 0..255) as an opacity with a photograph's edge, H x W x 1, 0..1."""
    return cv2.GaussianBlur(mask, (0, 0), SOFT_EDGE).astype(np.float32)[..., None] / 255


def _gradient(h: int, w: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """H x W x 3 float backdrop, 0..255: two near colours mixed along a random direction."""
    first = np.full(3, rng.uniform(20, 255)) + rng.normal(0, 25, 3)
    if rng.random() < 0.4:  # white and light grey are what studios use most
        first = np.full(3, rng.uniform(225, 255))
    second = first + rng.normal(0, 30, 3) * (rng.random() < 0.7)
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0 : 1 : h * 1j, 0 : 1 : w * 1j].astype(np.float32)
    t = np.clip(0.5 + (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle), 0, 1)[..., None]
    plane = first * (1 - t) + second * t + rng.normal(0, rng.uniform(0, 3), (h, w, 1))
    return np.clip(plane, 0, 255).astype(np.float32)


def _shadow(mask: Image, rng: np.random.Generator) -> NDArray[np.float32]:
    """H x W float, 0..1: the object's outline, shifted and blurred."""
    reach = max(mask.shape) * 0.04
    shift = np.array([[1, 0, rng.normal(0, reach)], [0, 1, abs(rng.normal(0, reach))]])
    moved = cv2.warpAffine(mask, shift, mask.shape[::-1])
    blurred = cv2.GaussianBlur(moved, (0, 0), rng.uniform(0.2, 1.0) * reach + 0.5)
    return blurred.astype(np.float32) / 255
