"""Several objects in one view, and which masks are its parts."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.labelled.studio import soft_alpha

Image = NDArray[np.uint8]
MIN_PART = 0.1  # of the whole's area; smaller components are no objects of their own
MIN_LEFT = 0.6  # of the first object's area that must stay visible behind the second
RELATIVE_SIZE = (0.5, 1.3)  # of the second object's longest side against the first's


def components(mask: Image) -> tuple[Image, ...]:
    """The mask (S x S, 0..255) as its connected components; empty where there are not several."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((mask > 127).astype(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA]
    large = [i + 1 for i in range(count - 1) if areas[i] >= MIN_PART * areas.sum()]
    if len(large) < 2:
        return ()
    return tuple(np.where(labels == i, mask, 0).astype(np.uint8) for i in large)


def paste(
    onto: tuple[Image, Image],
    lender: tuple[Image, Image],
    content_hw: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[Image, Image, Image] | None:
    """The lender's object set into another view, both as (image S x S x 3, mask S x S).

    Returns the image, and the masks of the first object, where it is still seen, and the second.
    None where too little of either would be seen. After Ghiasi et al., "Simple copy-paste", 2021.
    """
    image, mask = onto
    size = (mask.shape[1], mask.shape[0])
    matrix = _placement(mask, lender[1], content_hw, rng)
    second = np.zeros_like(mask)
    h, w = content_hw
    second[:h, :w] = cv2.warpAffine(lender[1], matrix, size)[:h, :w]
    alpha = soft_alpha(second)
    alpha[h:], alpha[:, w:] = 0, 0  # the padding stays padding
    first = (mask * (1 - alpha[..., 0])).astype(np.uint8)
    area, left = (int((m > 127).sum()) for m in (mask, first))
    if left < MIN_LEFT * area or (second > 127).sum() < MIN_PART * area:
        return None
    moved = cv2.warpAffine(lender[0], matrix, size, borderMode=cv2.BORDER_REFLECT_101)
    mixed = np.clip(alpha * moved + (1 - alpha) * image, 0, 255).astype(np.uint8)
    return mixed, first, second


def _placement(
    mask: Image, other: Image, content_hw: tuple[int, int], rng: np.random.Generator
) -> NDArray[np.float64]:
    """2 x 3 map that scales the other object to a comparable size and puts it anywhere."""
    x, y, w, h = cv2.boundingRect(other)
    _, _, own_w, own_h = cv2.boundingRect(mask)
    scale = rng.uniform(*RELATIVE_SIZE) * max(own_w, own_h) / max(w, h, 1)
    target_x = rng.uniform(0.1, 0.9) * content_hw[1]
    target_y = rng.uniform(0.1, 0.9) * content_hw[0]
    dx, dy = target_x - scale * (x + w / 2), target_y - scale * (y + h / 2)
    return np.array([[scale, 0, dx], [0, scale, dy]])
