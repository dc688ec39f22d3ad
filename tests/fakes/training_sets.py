"""Little sets to train on: a yellow disc on a grey, noisy ground."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SHAPE = (48, 64)  # H, W


def disc(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A photograph, 48 x 64 x 3, and where its disc is; no two seeds look alike."""
    rng = np.random.default_rng(seed)
    height, width = SHAPE
    y, x, radius = rng.uniform(16, 32), rng.uniform(16, 48), rng.uniform(9, 14)
    rows, columns = np.mgrid[0:height, 0:width]
    mask = (rows - y) ** 2 + (columns - x) ** 2 < radius**2
    blotches = Image.fromarray(rng.integers(40, 130, (6, 8, 3), np.uint8))
    image = np.array(blotches.resize((width, height), Image.Resampling.NEAREST))
    image[mask] = (230, 200, 40)
    return image, mask


def write_discs(folder: Path, count: int, kind: str = "masks") -> Path:
    """`images/NN.png` and their labels: masks 0/255, trimaps 1/2/3, or objects 0/1."""
    for place in range(count):
        image, mask = disc(place)
        _save(folder / "images" / f"{place:02d}.png", image)
        labels = {
            "masks": lambda m=mask: m.astype(np.uint8) * 255,
            "trimaps": lambda m=mask: np.where(m, 1, 2).astype(np.uint8),
            "objects": lambda m=mask: m.astype(np.uint8),
        }[kind]()
        _save(folder / kind / f"{place:02d}.png", labels)
    return folder


def _save(file: Path, pixels: np.ndarray) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)
