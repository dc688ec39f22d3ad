"""Colours, noise and blur of a training view: what light, cameras and files do to a photograph."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def photometric(image: Image, rng: np.random.Generator) -> Image:
    """The image (H x W x 3 uint8) with other tone, cast, saturation; at times blur, noise, JPEG."""
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
