"""Measures the alpha mattes of `--save alpha` on photographs with true mattes, beside pymatting's.

    .venv/bin/python benchmarks/mattes.py IMAGES MATTES            # our own
    .venv/bin/pip install pymatting
    .venv/bin/python benchmarks/mattes.py IMAGES MATTES cf knn     # and those of pymatting

IMAGES holds <name>.jpg or .png, MATTES <name>.png, 0..255. Each method gets the photograph and a
mask: the true matte's own (at least 0.5), and that mask at 256 px enlarged again, as a model would
give it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.image.alpha import band_px, make_alpha
from automask.image.load import load
from automask.image.scan import scan
from automask.result_settings import AlphaConfig

COARSE_SIDE = 256  # px, longest side of the small mask
CONFIG = AlphaConfig()

Mask = NDArray[np.bool_]
Alpha = NDArray[np.float64]  # H x W, 0..1


def main() -> None:
    images, mattes, methods = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    pairs = list(read(images, mattes))
    for side in (0, COARSE_SIDE):
        print(f"\nmasks {'of ' + str(side) + ' px' if side else 'of the true mattes'}")
        print(f"{'':10} {'SAD/1000':>9} {'MSE in band':>12} {'s':>7}")
        for method in ("mask", "automask", *methods):
            rows = [measure(method, image, truth, side) for image, truth in pairs]
            sad, mse, seconds = np.mean(rows, axis=0)
            print(f"{method:10} {sad:9.2f} {mse:12.4f} {seconds:7.2f}", flush=True)


def read(images: Path, mattes: Path) -> Iterator[tuple[NDArray[np.uint8], Alpha]]:
    """Photographs with their true mattes."""
    for job in scan(images):
        image = load(images / job.image)
        matte = load(mattes / f"{job.stem}.png")[..., 0]
        size = image.shape[1::-1]
        yield image, cv2.resize(matte, size, interpolation=cv2.INTER_AREA) / 255


def measure(
    method: str, image: NDArray[np.uint8], truth: Alpha, side: int
) -> tuple[float, float, float]:
    """Sum of absolute differences over the photograph in thousands, mean squared difference in the
    band, seconds.
    """
    mask = mask_of(truth, side)
    half_px = band_px(mask, 1, CONFIG)
    band = in_band(mask, half_px)
    began = time.perf_counter()
    alpha = matte(method, image, mask, band, half_px)
    seconds = time.perf_counter() - began
    wrong = alpha - truth
    return float(np.abs(wrong).sum() / 1000), float((wrong[band] ** 2).mean()), seconds


def mask_of(truth: Alpha, side: int) -> Mask:
    if side == 0:
        return truth >= 0.5
    scale = side / max(truth.shape)
    small = cv2.resize(truth, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) >= 0.5
    return np.asarray(cv2.resize(small.astype(float), truth.shape[::-1]) >= 0.5)


def in_band(mask: Mask, half_px: float) -> Mask:
    steps = [cv2.distanceTransform(m.astype(np.uint8), cv2.DIST_L2, 5) for m in (mask, ~mask)]
    return np.asarray(np.maximum(*steps) <= half_px)


def matte(method: str, image: NDArray[np.uint8], mask: Mask, band: Mask, half_px: float) -> Alpha:
    if method == "mask":
        return mask.astype(float)
    if method == "automask":
        return make_alpha(image, mask, half_px, CONFIG.epsilon) / 255
    import pymatting

    estimate = getattr(pymatting, f"estimate_alpha_{method}")
    return np.asarray(estimate(image / 255, np.where(band, 0.5, mask.astype(float))))


if __name__ == "__main__":
    main()
