"""Draws docs/images/example.webp: `python benchmarks/example.py`, after `make setup`.

Each sample photograph, its overlay, and its trimap in three grays.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import automask
from automask.image.load import load
from automask.image.render import overlay
from automask.samples import copy_samples

CELL_WIDTH, CELL_HEIGHT, GAP = 300, 220, 8  # px
GRAYS = (255, 40, 150)  # foreground, background, contour


def cell(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture, cropped to the cell's shape around its middle and shrunk into it."""
    height, width = picture.shape[:2]
    scale = max(CELL_WIDTH / width, CELL_HEIGHT / height)
    resized = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top, left = (resized.shape[0] - CELL_HEIGHT) // 2, (resized.shape[1] - CELL_WIDTH) // 2
    cropped = resized[top : top + CELL_HEIGHT, left : left + CELL_WIDTH]
    return cv2.copyMakeBorder(cropped, *[GAP // 2] * 4, cv2.BORDER_CONSTANT, value=(255,) * 3)


def column(file: Path) -> NDArray[np.uint8]:
    image = load(file)
    result = automask.mask_image(image, trimap={"values": GRAYS, "contour_px": 4})
    trimap = np.repeat(result.trimap[..., None], 3, axis=2)
    return np.vstack([cell(image), cell(overlay(image, result.mask)), cell(trimap)])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sheet = np.hstack([column(file) for file in copy_samples(Path(folder))])
    target = Path(__file__).resolve().parents[1] / "docs" / "images" / "example.webp"
    Image.fromarray(sheet).save(target, quality=88, method=6)
    print(f"wrote {target}")
