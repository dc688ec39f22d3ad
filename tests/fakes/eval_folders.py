"""Folders of little masks. In a drawing # is the object, + its contour, . the background."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

Pixels = np.ndarray

# 4 x 6 pixels. The object of 8, and the same one column further right: 6 in both, 2 too much,
# 2 missed, 14 in neither. IoU 6/10, Dice 12/16, precision 6/8, recall 6/8, 4 of 24 wrong.
TRUTH = ("......", ".####.", ".####.", "......")
MOVED = ("......", "..####", "..####", "......")
EMPTY = ("......", "......", "......", "......")
# TRUTH, its outer columns contour.
TRIMAP = ("......", ".+##+.", ".+##+.", "......")


def drawn(
    rows: tuple[str, ...], foreground: int = 255, background: int = 0, contour: int = 128
) -> Pixels:
    """The values of a drawing, H x W uint8."""
    labels = {"#": foreground, ".": background, "+": contour}
    return np.array([[labels[pixel] for pixel in row] for row in rows], np.uint8)


def masked(rows: tuple[str, ...]) -> Pixels:
    """The object of a drawing, H x W bool."""
    return drawn(rows) == 255


def save(file: Path, values: Pixels) -> Path:
    """Writes an array as a picture, its folder too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(file)
    return file


def folder(root: Path, **masks: tuple[str, ...]) -> Path:
    """A folder of 0/255 masks, <name>.png each."""
    for name, rows in masks.items():
        save(root / f"{name}.png", drawn(rows))
    return root
