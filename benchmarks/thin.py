"""Draws docs/images/thin.png, measures thin structures: `python benchmarks/thin.py`.

Spectacle frames, and shoes whose laces stand out, drawn at random on studio backdrops: each seen
as the model proposes it, after the second look, as it is written, and as an alpha matte. Nothing
here is a photograph.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from automask.api import proposer_for
from automask.config import RunConfig
from automask.image.alpha import band_px, make_alpha
from automask.image.metrics import boundary_f, mask_iou
from automask.image.pipeline import locate
from automask.image.refine import refine
from automask.image.sizes import at_size
from automask.image.write import encode_png
from automask.labelled.studio import on_backdrop
from automask.records import Proposer

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]

HEIGHT, WIDTH = 384, 512  # px
DRAWN = 12  # of each kind
LINES_PX = (3, 5, 8)  # widths of frames and laces, in turn
FINE = 4  # drawn so many times larger, then shrunk
STAGES = ("proposed", "second look", "written", "alpha >= 0.5")
CONFIG = RunConfig(input=Path(), output=Path())


def main() -> None:
    proposer = proposer_for(CONFIG)
    figures: dict[tuple[str, int], list[list[tuple[float, ...]]]] = defaultdict(list)
    sheet = []
    for kind, draw in (("spectacles", spectacles), ("laces", laces)):
        for number in range(DRAWN):
            rng = np.random.default_rng([number, len(kind)])
            line_px = LINES_PX[number % len(LINES_PX)]
            body, thin = draw(line_px, rng)
            image = painted(body | thin, rng)
            masks, alpha = seen(image, proposer)
            figures[kind, line_px].append([measured(m, body, thin) for m in masks])
            if number < len(LINES_PX):
                sheet.append(row(image, [*(m * np.uint8(255) for m in masks[:3]), alpha]))
    target = Path(__file__).resolve().parents[1] / "docs" / "images" / "thin.png"
    target.write_bytes(encode_png(np.vstack(sheet)))
    print_table(figures)
    print(f"wrote {target}")


def spectacles(line_px: int, rng: np.random.Generator) -> tuple[Mask, Mask]:
    """No body, and the lines of a frame: two rims, a bridge and what is seen of the temples."""
    x, y = rng.uniform(0.45, 0.55) * WIDTH, rng.uniform(0.45, 0.6) * HEIGHT
    wide, high = rng.uniform(70, 95), rng.uniform(45, 70)
    apart = wide + rng.uniform(12, 25)
    canvas = _canvas()
    for side in (-1, 1):
        _ellipse(canvas, (x + side * apart, y), (wide, high), line_px)
        rim = x + side * (apart + wide)
        end = (rim + side * rng.uniform(5, 25), y - rng.uniform(60, 110))
        _line(canvas, [(rim, y - 8), end], line_px)
    bridge = [(x - apart + wide, y), (x, y - rng.uniform(8, 20)), (x + apart - wide, y)]
    _line(canvas, bridge, line_px)
    return np.zeros((HEIGHT, WIDTH), np.bool_), _shrunk(canvas)


def laces(line_px: int, rng: np.random.Generator) -> tuple[Mask, Mask]:
    """A shoe, and the two loops and ends of its lace that stand out above it."""
    x, y = rng.uniform(0.45, 0.55) * WIDTH, 0.68 * HEIGHT
    body, thin = _canvas(), _canvas()
    _ellipse(body, (x, y), (rng.uniform(120, 150), rng.uniform(50, 65)), -1)
    _ellipse(body, (x - 60, y - 35), (65, 60), -1)
    knot = (x - 20, y - 75)
    for side in (-1, 1):
        loop = (knot[0] + side * rng.uniform(35, 50), knot[1] - rng.uniform(20, 40))
        _ellipse(thin, loop, (rng.uniform(30, 45), rng.uniform(15, 25)), line_px)
        end = (knot[0] + side * rng.uniform(60, 100), knot[1] - rng.uniform(-10, 15))
        _line(thin, [knot, end], line_px)
        _line(thin, [knot, loop], line_px)
    return _shrunk(body), _shrunk(thin) & ~_shrunk(body)


def painted(mask: Mask, rng: np.random.Generator) -> Image:
    """The object in one dark or strong colour with a little noise, on a studio backdrop."""
    colour = rng.uniform(10, 110, 3)
    noise = rng.normal(0, 8, (HEIGHT, WIDTH, 3))
    image = np.clip(colour + noise, 0, 255).astype(np.uint8)
    return on_backdrop(image, mask.astype(np.uint8) * 255, rng)


def seen(image: Image, proposer: Proposer) -> tuple[list[Mask], Image]:
    """The mask at each of STAGES, and the alpha matte."""
    found = proposer.propose(image)
    selection = locate(image, found, proposer, CONFIG)
    index = selection.choice.index
    proposed = at_size(None if index is None else selection.found.proposals[index], image.shape)
    undrawn = CONFIG.refine.model_copy(update={"outline": "none"})
    second, written = (
        refine(selection.closeup, image, proposer, settings)
        for settings in (undrawn, CONFIG.refine)
    )
    half_px = band_px(written, 1, CONFIG.alpha)
    alpha = make_alpha(image, written, half_px, CONFIG.alpha.epsilon)
    return [proposed, second, written, alpha >= 128], alpha


def measured(mask: Mask, body: Mask, thin: Mask) -> tuple[float, ...]:
    """IoU and outline F of the whole, share of the thin pixels found."""
    truth = body | thin
    return mask_iou(mask, truth), boundary_f(mask, truth), float(mask[thin].mean())


def print_table(figures: dict[tuple[str, int], list[list[tuple[float, ...]]]]) -> None:
    table = Table("drawn", "lines, px", "mask", "IoU", "outline F", "thin pixels found", box=None)
    for (kind, line_px), drawings in figures.items():
        means = np.mean(drawings, axis=0)
        for stage, (iou, outline, thin) in zip(STAGES, means, strict=True):
            cells = (f"{iou:.3f}", f"{outline:.3f}", f"{thin:.0%}")
            table.add_row(kind, str(line_px), stage, *cells)
    Console().print(table)


def row(image: Image, grays: list[Image]) -> Image:
    cells = [image, *(np.repeat(gray[..., None], 3, axis=2) for gray in grays)]
    small = [cv2.resize(c, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA) for c in cells]
    edged = [cv2.copyMakeBorder(c, *[3] * 4, cv2.BORDER_CONSTANT, value=(255,) * 3) for c in small]
    return np.hstack(edged)


def _canvas() -> Image:
    return np.zeros((HEIGHT * FINE, WIDTH * FINE), np.uint8)


def _ellipse(
    canvas: Image, centre: tuple[float, float], axes: tuple[float, float], line_px: int
) -> None:
    """line_px: -1 fills it."""
    place, size = (tuple(round(v * FINE) for v in pair) for pair in (centre, axes))
    cv2.ellipse(canvas, place, size, 0, 0, 360, 255, line_px * FINE if line_px > 0 else -1)


def _line(canvas: Image, points: list[tuple[float, float]], line_px: int) -> None:
    corners = (np.array(points) * FINE).round().astype(np.int32)
    cv2.polylines(canvas, [corners], isClosed=False, color=255, thickness=line_px * FINE)


def _shrunk(canvas: Image) -> Mask:
    small = cv2.resize(canvas, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(small >= 128)


if __name__ == "__main__":
    main()
