"""Random views of a pair: crop, scale, turn, colours, studio backdrops; always S x S, SAM's frame.

The frame is the one SamPredictor gives the model: longest side S, content at the top left, the
rest filled with the pixel mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.tiny_training.data import Pair

PIXEL_MEAN = (124, 116, 104)  # SAM's pixel_mean rounded: zero after normalisation
MIN_OBJECT_SHARE = 0.004  # of the view's area; smaller objects teach nothing at S/4 resolution
MIN_VISIBLE = 0.5  # of the object's area that a random view must keep
BACKDROP_SHARE = 0.2  # of the samples become studio shots

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class View:
    """One training sample in the model's frame."""

    image: Image  # S x S x 3, RGB
    mask: Image  # S x S, 0..255, soft at the edges
    content_hw: tuple[int, int]  # height and width of the content, the rest is padding


def letterbox(pair: Pair, size: int) -> View:
    """The pair as SamPredictor would show it, no randomness: for validation."""
    h, w = pair.mask.shape
    scale = size / max(h, w)
    matrix = np.array([[scale, 0, 0.5 * scale - 0.5], [0, scale, 0.5 * scale - 0.5]])
    content = (int(h * scale + 0.5), int(w * scale + 0.5))
    return _warp(pair, matrix, content, size)


def random_view(pair: Pair, size: int, rng: np.random.Generator) -> View:
    """A random view of the pair that still shows the object."""
    total = max(1, int((pair.mask > 0).sum()))
    for _ in range(4):
        matrix, content = _random_window(pair.mask.shape, size, rng)
        view = _warp(pair, matrix, content, size)
        shown = (view.mask > 127).sum()
        visible = shown / (total * abs(np.linalg.det(matrix[:, :2])))
        if visible >= MIN_VISIBLE and shown >= MIN_OBJECT_SHARE * size * size:
            break
    else:
        view = letterbox(pair, size)
    if rng.random() < BACKDROP_SHARE:
        view = _on_backdrop(view, rng)
    h, w = view.content_hw
    image = view.image.copy()
    image[:h, :w] = _photometric(image[:h, :w], rng)  # the padding has no colours to change
    return View(image, view.mask, view.content_hw)


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
    return View(image, mask, content)


def _random_window(
    shape: tuple[int, ...], size: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """A random source window as (2 x 3 map to the frame, content height and width in the frame)."""
    h, w = shape[:2]
    zoom = np.exp(rng.uniform(np.log(0.6), np.log(1.2)))
    stretch = np.exp(rng.uniform(-0.15, 0.15))
    win_w, win_h = w * zoom * stretch, h * zoom / stretch
    scale = size / max(win_w, win_h)
    content_w = min(size, max(32, round(win_w * scale)))
    content_h = min(size, max(32, round(win_h * scale)))
    center_x = w / 2 + rng.uniform(-0.5, 0.5) * abs(w - win_w)
    center_y = h / 2 + rng.uniform(-0.5, 0.5) * abs(h - win_h)
    angle = rng.uniform(-20, 20) if rng.random() < 0.3 else 0.0
    matrix = cv2.getRotationMatrix2D((center_x, center_y), angle, scale)
    matrix[:, 2] += (content_w / 2 - center_x, content_h / 2 - center_y)
    if rng.random() < 0.5:
        matrix[0] = -matrix[0]
        matrix[0, 2] += content_w - 1
    return matrix, (content_h, content_w)


def _on_backdrop(view: View, rng: np.random.Generator) -> View:
    """The object cut out and set on a plain or graded studio backdrop with a soft shadow."""
    h, w = view.content_hw
    alpha = cv2.GaussianBlur(view.mask[:h, :w], (0, 0), 0.7).astype(np.float32)[..., None] / 255
    backdrop = _gradient(h, w, rng)
    if rng.random() < 0.6:
        backdrop *= 1 - rng.uniform(0.1, 0.5) * _shadow(view.mask[:h, :w], rng)[..., None]
    image = view.image.copy()
    mixed = alpha * image[:h, :w] + (1 - alpha) * backdrop
    image[:h, :w] = np.clip(mixed, 0, 255).astype(np.uint8)
    return View(image, view.mask, view.content_hw)


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


def _photometric(image: Image, rng: np.random.Generator) -> Image:
    """Tone, colour cast, saturation; now and then blur, noise or JPEG artefacts."""
    image = cv2.LUT(np.ascontiguousarray(image), _tone_curves(rng))
    if rng.random() < 0.5:
        gray = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        keep = 0.0 if rng.random() < 0.15 else rng.uniform(0.4, 1.5)
        image = cv2.addWeighted(image, keep, gray, 1 - keep, 0)
    if rng.random() < 0.12:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.8))
    if rng.random() < 0.12:
        noise = rng.normal(0, rng.uniform(2, 14), (*image.shape[:2], 1)).astype(np.float32)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.12:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 85))]
        decoded = cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR)
        image = np.asarray(decoded, np.uint8)
    return image


def _tone_curves(rng: np.random.Generator) -> Image:
    """1 x 256 x 3 lookup: gamma, contrast, brightness, and a slight cast in each channel."""
    x = np.linspace(0, 1, 256)
    gamma = np.exp(rng.uniform(-0.35, 0.35))
    contrast, brightness = rng.uniform(0.7, 1.3), rng.uniform(-0.12, 0.12)
    base = (x**gamma - 0.5) * contrast + 0.5 + brightness
    curves = base[:, None] * (1 + rng.normal(0, 0.05, 3))
    return (np.clip(curves, 0, 1) * 255).astype(np.uint8)[None]
