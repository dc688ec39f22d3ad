"""Random views of a pair: crop, scale, turn; a second object, a studio backdrop; colours.

Always S x S, SAM's frame, the one SamPredictor gives the model: longest side S, content at the top
left, the rest filled with the pixel mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.labelled.studio import product_shot
from automask.tiny_training.compose import components, paste
from automask.tiny_training.data import Pair
from automask.tiny_training.photometric import photometric

PIXEL_MEAN = (124, 116, 104)  # SAM's pixel_mean rounded: zero after normalisation
MIN_OBJECT_SHARE = 0.004  # of the view's area; smaller objects teach nothing at S/4 resolution
MIN_VISIBLE = 0.5  # of the object's area that a random view must keep
SQUARE_SHARE = 0.5  # of the samples nearly fill the frame: less time is spent on padding
CLOSE_UP_SHARE = 0.15  # of the samples: the object fills the frame or is cut off
BACKDROP_SHARE = 0.15  # of the samples become studio shots
PASTE_SHARE = 0.1  # of the samples get a second object

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class View:
    """One training sample in the model's frame."""

    image: Image  # S x S x 3, RGB
    mask: Image  # S x S, 0..255, soft at the edges: all that is salient, the whole
    content_hw: tuple[int, int]  # height and width of the content, the rest is padding
    parts: tuple[Image, ...] = ()  # masks of single objects, where the whole has several


def letterbox(pair: Pair, size: int) -> View:
    """The pair as SamPredictor would show it, no randomness: for validation."""
    h, w = pair.mask.shape
    scale = size / max(h, w)
    matrix = np.array([[scale, 0, 0.5 * scale - 0.5], [0, scale, 0.5 * scale - 0.5]])
    content = (int(h * scale + 0.5), int(w * scale + 0.5))
    return _warp(pair, matrix, content, size)


def random_view(pairs: Sequence[Pair], index: int, size: int, rng: np.random.Generator) -> View:
    """A random view of `pairs[index]` that still shows the object; another pair may lend one."""
    view = _random_crop(pairs[index], size, rng)
    drawn = rng.random()
    if pairs[index].objects is not None:  # it has objects enough, and they are told apart
        return _photographed(view, rng)
    if drawn < PASTE_SHARE:
        lender = _random_crop(pairs[int(rng.integers(len(pairs)))], size, rng)
        view = _with_second_object(view, lender, rng)
    elif drawn < PASTE_SHARE + BACKDROP_SHARE:
        view = _in_studio(view, rng)
    return _photographed(view, rng)


def plain_view(pairs: Sequence[Pair], index: int, size: int, rng: np.random.Generator) -> View:
    """A random view of `pairs[index]` with the ground that it has: for pictures of one kind."""
    return _photographed(_random_crop(pairs[index], size, rng), rng)


def _photographed(view: View, rng: np.random.Generator) -> View:
    h, w = view.content_hw
    image = view.image.copy()
    image[:h, :w] = photometric(image[:h, :w], rng)  # the padding has no colours to change
    return replace(view, image=image, parts=view.parts or components(view.mask))


def _random_crop(pair: Pair, size: int, rng: np.random.Generator) -> View:
    total = max(1, int((pair.mask > 0).sum()))
    for _ in range(4):
        matrix, content = _random_window(pair.mask, size, rng)
        view = _warp(pair, matrix, content, size)
        shown = (view.mask > 127).sum()
        visible = shown / (total * abs(np.linalg.det(matrix[:, :2])))
        if visible >= MIN_VISIBLE and shown >= MIN_OBJECT_SHARE * size * size:
            return view
    return letterbox(pair, size)


def _warp(pair: Pair, matrix: NDArray[np.float64], content: tuple[int, int], size: int) -> View:
    """Applies a 2 x 3 source-to-frame affine map and pads what lies beyond the content."""
    h, w = content
    flags = cv2.INTER_AREA if matrix[0, 0] ** 2 + matrix[0, 1] ** 2 < 0.5 else cv2.INTER_LINEAR
    border = cv2.BORDER_REFLECT_101
    image = np.empty((size, size, 3), np.uint8)
    image[:] = PIXEL_MEAN
    mask = np.zeros((size, size), np.uint8)
    image[:h, :w] = cv2.warpAffine(pair.image, matrix, (w, h), flags=flags, borderMode=border)
    mask[:h, :w] = cv2.warpAffine(pair.mask, matrix, (w, h), flags=flags, borderMode=border)
    return View(image, mask, content, _warped_objects(pair, matrix, content, size))


def _warped_objects(
    pair: Pair, matrix: NDArray[np.float64], content: tuple[int, int], size: int
) -> tuple[Image, ...]:
    """A mask of each of the pair's objects that is still seen; empty where they are not known."""
    if pair.objects is None:
        return ()
    h, w = content
    ids = np.zeros((size, size), np.uint8)
    ids[:h, :w] = cv2.warpAffine(
        pair.objects, matrix, (w, h), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT_101
    )
    seen = np.bincount(ids.ravel(), minlength=256)
    least = MIN_OBJECT_SHARE / 4 * size * size
    return tuple(
        np.where(ids == i, 255, 0).astype(np.uint8) for i in range(1, 256) if seen[i] >= least
    )


def _random_window(
    mask: Image, size: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """A random source window as (2 x 3 map to the frame, content height and width in the frame)."""
    x, y, w, h = _framed(mask, rng)
    if rng.random() < SQUARE_SHARE:
        side = (w * h) ** 0.5
        x, y, w, h = x + (w - side) / 2, y + (h - side) / 2, side, side
    zoom = np.exp(rng.uniform(np.log(0.6), np.log(1.2)))
    stretch = np.exp(rng.uniform(-0.15, 0.15))
    win_w, win_h = w * zoom * stretch, h * zoom / stretch
    scale = size / max(win_w, win_h)
    content_w = min(size, max(32, round(win_w * scale)))
    content_h = min(size, max(32, round(win_h * scale)))
    center_x = x + w / 2 + rng.uniform(-0.5, 0.5) * abs(w - win_w)
    center_y = y + h / 2 + rng.uniform(-0.5, 0.5) * abs(h - win_h)
    angle = rng.uniform(-20, 20) if rng.random() < 0.3 else 0.0
    matrix = cv2.getRotationMatrix2D((center_x, center_y), angle, scale)
    matrix[:, 2] += (content_w / 2 - center_x, content_h / 2 - center_y)
    if rng.random() < 0.5:
        matrix[0] = -matrix[0]
        matrix[0, 2] += content_w - 1
    return matrix, (content_h, content_w)


def _framed(mask: Image, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """What the window is drawn around, xywh: the whole photograph, or the object for a close-up."""
    if rng.random() < CLOSE_UP_SHARE:
        x, y, w, h = cv2.boundingRect(mask)
        if min(w, h) >= 16:
            return x, y, w, h
    return 0, 0, mask.shape[1], mask.shape[0]


def _in_studio(view: View, rng: np.random.Generator) -> View:
    if not view.mask.any():
        return view
    h, w = view.content_hw
    image, mask = view.image.copy(), view.mask.copy()
    image[:h, :w], mask[:h, :w] = product_shot(image[:h, :w], mask[:h, :w], rng)
    return View(image, mask, view.content_hw)


def _with_second_object(view: View, lender: View, rng: np.random.Generator) -> View:
    pasted = paste((view.image, view.mask), (lender.image, lender.mask), view.content_hw, rng)
    if pasted is None:
        return view
    image, first, second = pasted
    return View(image, np.maximum(first, second), view.content_hw, (first, second))
