"""Draws drops on a window, and counts how many of them `--objects all` has found.

.venv/bin/python benchmarks/drops.py draw FOLDER  # FOLDER/in/drops.png, FOLDER/true.png
.venv/bin/automask run FOLDER/in FOLDER/out --objects all
.venv/bin/python benchmarks/drops.py count FOLDER/out/objects/drops.png FOLDER/true.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH, DROPS = 900, 1200, 60
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH]
FOUND_IOU = 0.5

Colours = NDArray[np.float64]  # H x W x 3, RGB, of 255


def main() -> None:
    if sys.argv[1] == "draw":
        draw(Path(sys.argv[2]))
    else:
        count(*(cv2.imread(file, cv2.IMREAD_UNCHANGED) for file in sys.argv[2:4]))


def draw(folder: Path) -> None:
    """A blurred view through a window, and drops that do not touch each other."""
    random = np.random.default_rng(3)
    picture = window(random)
    truth = np.zeros((HEIGHT, WIDTH), np.uint16)
    for number, (x, y, radius) in enumerate(places(random), 1):
        shape = random.uniform(0.8, 1.2)
        distance = np.hypot((COLUMNS - x) / shape, (ROWS - y) * shape) / radius
        truth[distance < 1] = number
        share = np.clip((1 - distance) * radius / 1.5, 0, 1)[..., None]
        picture = picture * (1 - share) + share * drop(x, y, radius, distance)
    (folder / "in").mkdir(parents=True, exist_ok=True)
    shown = np.clip(picture, 0, 255).astype(np.uint8)
    cv2.imwrite(str(folder / "in" / "drops.png"), shown[..., ::-1])
    cv2.imwrite(str(folder / "true.png"), truth)


def window(random: np.random.Generator) -> Colours:
    red = 90 + 60 * ROWS / HEIGHT + 20 * np.sin(COLUMNS / 170)
    blue = 140 + 40 * np.cos(COLUMNS / 210 + ROWS / 300)
    view = np.dstack([red, 110 + 50 * ROWS / HEIGHT, blue])
    return view + random.normal(0, 2, view.shape)


def places(random: np.random.Generator) -> list[tuple[int, int, int]]:
    """Centres and radii, px."""
    placed: list[tuple[int, int, int]] = []
    while len(placed) < DROPS:
        x, y = int(random.integers(70, WIDTH - 70)), int(random.integers(70, HEIGHT - 70))
        radius = int(random.integers(14, 60))
        if all(np.hypot(x - a, y - b) >= radius + other + 8 for a, b, other in placed):
            placed.append((x, y, radius))
    return placed


def drop(x: int, y: int, radius: int, distance: NDArray[np.float64]) -> Colours:
    """Dark above and bright below, as a drop turns the view round; a dark rim and a highlight."""
    shade = (ROWS - y) / radius
    colour = np.dstack([150 + 70 * shade, 165 + 60 * shade, 185 + 55 * shade])
    colour -= 60 * (distance[..., None] > 0.85)
    colour[np.hypot(COLUMNS - x + radius * 0.35, ROWS - y + radius * 0.4) < radius * 0.18] = 250
    return colour


def count(found: NDArray[np.uint16], truth: NDArray[np.uint16]) -> None:
    ious = [best_iou(found, truth == number) for number in range(1, int(truth.max()) + 1)]
    hits = sum(iou > FOUND_IOU for iou in ious)
    print(f"{found.max()} objects; {hits} of {len(ious)} drops with an IoU above {FOUND_IOU}")


def best_iou(found: NDArray[np.uint16], drop: NDArray[np.bool_]) -> float:
    """Of the object that has most of the drop."""
    ids = found[drop]
    if not ids.any():
        return 0.0
    number = np.bincount(ids[ids > 0]).argmax()
    mask = found == number
    return float(np.count_nonzero(mask & drop) / np.count_nonzero(mask | drop))


if __name__ == "__main__":
    main()
