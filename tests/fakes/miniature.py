"""A model and photographs small enough to train on within a test."""

from __future__ import annotations

import numpy as np

from automask.sam.tiny import ResidualArchitecture, TinyArchitecture
from automask.tiny_training.data import Pair

SMALL = TinyArchitecture(
    img_size=64,
    stem=8,
    stages=(
        (1, 3, 1, 1, 8),
        (1, 3, 2, 2, 8),
        (2, 5, 2, 2, 16),
        (1, 3, 2, 2, 16),
        (1, 5, 1, 2, 24),
        (1, 3, 2, 2, 32),
    ),
    attention_dim=32,
    attention_blocks=1,
    pyramid=(8, 16, 16),
    packed=(4, 8),
)
SMALL_RESIDUAL = ResidualArchitecture(
    img_size=64, stem=8, widths=(8, 16, 16, 32), depths=(1, 1, 1)
)  # the first generation's


def disc_pair(number: int) -> Pair:
    """A dark disc on a light ground, 60 x 80."""
    rows, columns = np.mgrid[0:60, 0:80]
    inside = (rows - 30) ** 2 + (columns - 30 - number % 20) ** 2 < 15**2
    image = np.full((60, 80, 3), 200, np.uint8)
    image[inside] = (40, 60, 90)
    return Pair(f"disc_{number}", image, inside.astype(np.uint8) * 255)


def rectangle(top: int, left: int, bottom: int, right: int, side: int = 64) -> np.ndarray:
    """A mask, side x side: 255 from row `top` and column `left` up to `bottom` and `right`."""
    mask = np.zeros((side, side), np.uint8)
    mask[top:bottom, left:right] = 255
    return mask
