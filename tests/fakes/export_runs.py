"""Little outputs of `automask run`. In a drawing # is the object, digits are objects' ids, + is the
contour, . the background.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from automask.image.write import output_path
from automask.records import ImageRecord, to_line

Pixels = np.ndarray

# An object with a hole and a slanting side: 27 pixels.
RING = (
    "..........",
    ".######...",
    ".#...###..",
    ".#...####.",
    ".#######..",
    ".........."
)  # fmt: skip
# Two pieces of 4 and 6 pixels.
PIECES = (
    "..........",
    ".##....##.",
    ".##....##.",
    ".......##.",
    "..........",
    ".........."
)  # fmt: skip
NOTHING = ("..........",) * 6
# Three objects that touch: 4, 4 and 2 pixels.
THREE = (
    "..........",
    ".1122.....",
    ".1122.....",
    "......3...",
    "......3...",
    ".........."
)  # fmt: skip


def labels(rows: tuple[str, ...]) -> Pixels:
    """The ids of a drawing, H x W."""
    return np.array([[{"#": 1, ".": 0, "+": 0}.get(c) or int(c.isdigit() and c) for c in row]
                     for row in rows], np.uint16)  # fmt: skip


def mask(rows: tuple[str, ...]) -> Pixels:
    """The object of a drawing, H x W bool."""
    return labels(rows) > 0


def trimap(rows: tuple[str, ...], values: tuple[int, int, int] = (1, 2, 3)) -> Pixels:
    """A drawing's trimap, H x W uint8."""
    by_pixel = dict(zip("#.+", values, strict=True))
    return np.array([[by_pixel[pixel] for pixel in row] for row in rows], np.uint8)


def save(file: Path, pixels: Pixels, **options: Any) -> Path:
    """Writes an array as a picture, its folder too."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file, **options)
    return file


@dataclass
class Run:
    """An output and its photographs, to which pictures are added one by one."""

    root: Path
    make_record: Callable[..., ImageRecord]
    trimap_values: tuple[int, int, int] = (1, 2, 3)

    @property
    def output(self) -> Path:
        return self.root / "out"

    @property
    def photographs(self) -> Path:
        return self.root / "photos"

    def add(
        self, image: str, rows: tuple[str, ...], kind: str = "mask", **changes: Any
    ) -> ImageRecord:
        """A photograph of a drawing's size with its result and record."""
        height, width = len(rows), len(rows[0])
        if not (self.photographs / image).exists():
            save(self.photographs / image, picture(image, height, width))
        stem = image.rpartition(".")[0]
        pixels = {
            "mask": lambda: mask(rows).astype(np.uint8) * 255,
            "trimap": lambda: trimap(rows, self.trimap_values),
            "objects": lambda: labels(rows),
        }[kind]()
        save(self.output / output_path(stem, kind), pixels)
        record = self.make_record(
            image=image,
            **{
                "output": output_path(stem, kind),
                "kinds": (kind,),
                "flags": (),
                "width": width,
                "height": height,
                **changes,
            },
        )
        self.write(record)
        return record

    def write(self, record: ImageRecord) -> None:
        (self.output / "records").mkdir(parents=True, exist_ok=True)
        with (self.output / "records" / "run.jsonl").open("a") as file:
            file.write(to_line(record))
        config = {
            "input": str(self.photographs),
            "trimap": {"values": self.trimap_values, "contour_px": 1},
        }
        (self.output / "run.json").write_text(json.dumps({"config": config}))


def picture(name: str, height: int, width: int) -> Pixels:
    """A photograph that no other name has, H x W x 3."""
    chance = np.random.default_rng(list(name.encode(errors="surrogateescape")))
    return chance.integers(0, 256, (height, width, 3), np.uint8)


def same_masks(read: dict[str, Pixels], expected: dict[str, tuple[str, ...]]) -> bool:
    """Whether these masks by image are those of the drawings, pixel by pixel."""
    assert read.keys() == expected.keys()
    for image, rows in expected.items():
        np.testing.assert_array_equal(read[image], mask(rows), err_msg=image)
    return True
