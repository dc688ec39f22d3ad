"""The worst images side by side: photograph, truth, prediction and difference."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from automask.evaluate.conventions import Labels
from automask.evaluate.evaluation import Report
from automask.evaluate.figures import MEASURED, ImageFigures
from automask.image.names import ByName
from automask.image.scan import scan
from automask.show.tiles import (
    BOTH,
    FIRST_ONLY,
    IGNORED,
    SECOND_ONLY,
    TILE,
    Colour,
    Pixels,
    Tile,
    black_and_white,
    grey,
    photograph,
    sized,
)
from automask.show.tiles import difference as difference_of

WORST = 20
GAP = 6  # px
TOO_MUCH, MISSED = FIRST_ONLY, SECOND_ONLY
LEGEND = (
    (BOTH, "object in both"),
    (TOO_MUCH, "predicted, not true"),
    (MISSED, "true, not predicted"),
    (IGNORED, "not counted"),
)
COLUMNS = 2  # of strips
FONT_SIZE, LINE, MARGIN = 15, 24, 16  # px

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Key = tuple[Colour, str]  # of a legend


@dataclass(frozen=True)
class Strip:
    """One image of the worst."""

    figures: ImageFigures
    note: str  # confidence and flags, where there are any
    tiles: tuple[Tile, ...]  # all of one size


def worst_strips(report: Report, count: int = WORST) -> list[Strip]:
    """The images with the lowest IoU, worst first, ties sorted by name."""
    pairs = {pair.truth: pair for pair in report.comparison.pairs}
    photographs = _Photographs(report)
    strips = []
    for figures in sorted(report.figures, key=lambda row: (row.iou, row.image))[:count]:
        predicted, truth = report.comparison.read(pairs[figures.image])
        tiles = photographs.tiles(figures.image) + mask_tiles(predicted, truth)
        note = _note(report, figures.image)
        strips.append(Strip(figures, note, sized(tiles, truth.mask.shape)))
    return strips


def photograph_tiles(report: Report, mask_file: str) -> list[Tile]:
    """The photograph of a true mask, as `--images` has it; none without."""
    return _Photographs(report).tiles(mask_file)


def mask_tiles(predicted: Labels, truth: Labels) -> list[Tile]:
    """Truth, prediction (its levels, where it has them) and difference, at the masks' own size."""
    levels = predicted.scores
    return [
        ("truth", black_and_white(truth.mask)),
        ("prediction", black_and_white(predicted.mask) if levels is None else grey(levels)),
        ("difference", difference(predicted, truth)),
    ]


def difference(predicted: Labels, truth: Labels) -> Pixels:
    """Each pixel in the colour that LEGEND gives for it, H x W x 3 RGB."""
    return difference_of(predicted.mask, truth.mask, (predicted.ignored, truth.ignored))


def draw(strips: Sequence[Strip], legend: Sequence[Key] = LEGEND) -> Image.Image:
    """All strips in one picture, from left to right and down, with a legend above."""
    columns = min(COLUMNS, len(strips))
    width = len(strips[0].tiles) * (TILE + GAP) + MARGIN
    rows = [strips[start : start + columns] for start in range(0, len(strips), columns)]
    heights = [max(map(_height, row)) + LINE + MARGIN for row in rows]
    top = MARGIN + 2 * LINE
    picture = Image.new("RGB", (MARGIN + columns * width, top + sum(heights)), "white")
    font = ImageFont.load_default(FONT_SIZE)
    _draw_legend(picture, font, legend)
    for number, strip in enumerate(rows[0]):
        _draw_heads(picture, strip, MARGIN + number * width, font)
    for row, height in zip(rows, heights, strict=True):
        for number, strip in enumerate(row):
            _draw_strip(picture, strip, MARGIN + number * width, top, font)
        top += height
    return picture


def caption(strip: Strip) -> str:
    """IoU, name and note in ASCII, because Pillow's font has few letters."""
    status = "" if strip.figures.status == MEASURED else f" ({strip.figures.status})"
    words = (f"{strip.figures.iou:.3f}{status}", strip.figures.image, strip.note)
    return ",  ".join(ascii(word)[1:-1] for word in words if word)


class _Photographs:
    """The photographs of the folder that --images names, by name without extension."""

    def __init__(self, report: Report) -> None:
        self.root = report.options.images
        self.max_pixels = report.options.most_pixels
        jobs = [] if self.root is None else scan(self.root, keep_extension=True)
        self.files: dict[str, str] = ByName()
        for job in jobs:
            self.files[os.path.splitext(job.image)[0]] = job.image

    def tiles(self, mask_file: str) -> list[Tile]:
        """The photograph of a true mask; grey if missing; none without --images."""
        if self.root is None:
            return []
        file = self.files.get(os.path.splitext(mask_file)[0])
        return [
            ("photograph", photograph(None if file is None else self.root / file, self.max_pixels))
        ]


def _note(report: Report, image: str) -> str:
    record = report.records.get(image)
    if record is None or record.confidence is None:
        return ""
    return " ".join((f"confidence {record.confidence:.2f}", *record.flags))


def _height(strip: Strip) -> int:
    return strip.tiles[0][1].shape[0]


def _draw_legend(picture: Image.Image, font: Font, legend: Sequence[Key]) -> None:
    pen = ImageDraw.Draw(picture)
    left = float(MARGIN)
    for colour, words in legend:
        pen.rectangle((left, MARGIN, left + LINE / 2, MARGIN + LINE / 2), colour, "black")
        pen.text((left + LINE * 0.8, MARGIN - 3), words, "black", font)
        left += LINE * 1.8 + pen.textlength(words, font)


def _draw_heads(picture: Image.Image, strip: Strip, left: int, font: Font) -> None:
    pen = ImageDraw.Draw(picture)
    for place, (name, _) in enumerate(strip.tiles):
        pen.text((left + place * (TILE + GAP), MARGIN + LINE), name, "dimgray", font)


def _draw_strip(picture: Image.Image, strip: Strip, left: int, top: int, font: Font) -> None:
    pen = ImageDraw.Draw(picture)
    room = len(strip.tiles) * (TILE + GAP)
    pen.text((left, top), _shortened(caption(strip), pen, font, room), "black", font)
    for place, (_, tile) in enumerate(strip.tiles):
        picture.paste(Image.fromarray(tile), (left + place * (TILE + GAP), top + LINE))


def _shortened(text: str, pen: ImageDraw.ImageDraw, font: Font, room: float) -> str:
    """The text, cut so that it takes at most `room` px."""
    if pen.textlength(text, font) <= room:
        return text
    while text and pen.textlength(text + "...", font) > room:
        text = text[:-1]
    return text + "..."
