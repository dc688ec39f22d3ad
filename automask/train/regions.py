"""Regions of a photograph that tiles are drawn from in stated shares: sky, and water below it."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.errors import UsageError

Box = tuple[int, int, int, int]  # xyxy, px
Photograph = NDArray[np.uint8]  # H x W x 3, RGB
# From the relative path and the photograph, as large as it is shown to the network, to the share of
# its height that lies above the horizon.
Horizon = Callable[[str, Photograph], float]

HOW = "rows:200 (px), rows:40%, rows:found, grid:2x2 (columns x rows) or a CSV file of image,row"
# A horizon is looked for in the middle: the frame of a photograph, or a mount, is none.
SEARCHED = (0.1, 0.9)


@dataclass(frozen=True)
class Rows:
    """Above and below a horizon."""

    horizon: Horizon

    def boxes(self, name: str, image: Photograph) -> list[Box]:
        height, width = image.shape[:2]
        row = min(max(round(self.horizon(name, image) * height), 1), height - 1)
        return [(0, 0, width, row), (0, row, width, height)]


@dataclass(frozen=True)
class Cells:
    """The cells of a grid, row by row."""

    columns: int
    rows: int

    def boxes(self, name: str, image: Photograph) -> list[Box]:  # noqa: ARG002
        height, width = image.shape[:2]
        x = np.linspace(0, width, self.columns + 1).round().astype(int).tolist()
        y = np.linspace(0, height, self.rows + 1).round().astype(int).tolist()
        return [
            (x[column], y[row], x[column + 1], y[row + 1])
            for row in range(self.rows)
            for column in range(self.columns)
        ]


Regions = Rows | Cells


def parse_regions(text: str, heights: Mapping[str, int]) -> Regions:
    """What `--regions` says. heights: of the photographs, px, by their names.

    Raises UsageError for anything else, or a file that says nothing of a photograph.
    """
    if match := re.fullmatch(r"rows:(\d+)", text):
        return Rows(_in_px(dict.fromkeys(heights, float(match[1])), heights))
    if match := re.fullmatch(r"rows:(\d+(?:\.\d+)?)%", text):
        share = float(match[1]) / 100
        if not 0 < share < 1:
            raise UsageError(f"--regions {text}: the horizon must lie inside the photograph")
        return Rows(lambda _name, _image: share)
    if text == "rows:found":
        return Rows(lambda _name, image: found_horizon(image))
    if match := re.fullmatch(r"grid:([1-9]\d*)x([1-9]\d*)", text):
        return Cells(int(match[1]), int(match[2]))
    if Path(text).is_file():
        return Rows(_in_px(_read_rows(Path(text), heights), heights))
    raise UsageError(f"--regions is {HOW}, not {text!a}")


def refuse_wrong_shares(shares: tuple[float, ...], count: int) -> None:
    """Raises UsageError where the shares are not as many as the regions."""
    if shares and len(shares) != count:
        raise UsageError(
            f"--region-shares names {len(shares)} shares, and --regions makes {count} regions"
        )


def found_horizon(image: Photograph) -> float:
    """Where the strongest horizontal edge lies, as a share of the height: the row across which
    brightness changes most, over the whole width.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    smooth = cv2.GaussianBlur(grey, (0, 0), max(1.0, image.shape[0] / 100))
    # Signed, so that what is brighter here and darker there takes itself away: no horizon.
    steps = np.abs(np.diff(smooth, axis=0).mean(axis=1))
    first, last = (round(share * len(steps)) for share in SEARCHED)
    row = first + int(np.argmax(steps[first : max(last, first + 1)])) + 1
    return row / image.shape[0]


def draw_corner(
    rng: np.random.Generator,
    image: Photograph,
    side: int,
    boxes: list[Box],
    shares: tuple[float, ...],
) -> tuple[int, int]:
    """x, y of the upper left corner of a tile, `side` px, whose centre lies in a region.

    shares: how often each region is drawn from; none: each as often.
    """
    index = int(rng.choice(len(boxes), p=shares or None))
    left, top, right, bottom = boxes[index]
    height, width = image.shape[:2]
    x = round(rng.uniform(left, right) - side / 2)
    y = round(rng.uniform(top, bottom) - side / 2)
    return min(max(x, 0), max(width - side, 0)), min(max(y, 0), max(height - side, 0))


def _in_px(rows: Mapping[str, float], heights: Mapping[str, int]) -> Horizon:
    for name, row in rows.items():
        if name in heights and not 0 < row < heights[name]:
            raise UsageError(
                f"the horizon of {name!a} at row {row:g} lies outside its {heights[name]} rows"
            )
    return lambda name, _image: rows[name] / heights[name]


def _read_rows(file: Path, heights: Mapping[str, int]) -> dict[str, float]:
    try:
        with file.open(encoding="utf-8", newline="") as text:
            rows = {line["image"]: float(line["row"]) for line in csv.DictReader(text)}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"{file} must be a CSV file with the columns image,row: {error}"
        ) from error
    missing = next((name for name in heights if name not in rows), None)
    if missing is not None:
        raise UsageError(f"{file} says nothing of {missing!a}")
    return rows
