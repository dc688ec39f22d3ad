"""Output folders of runs in miniature. In a drawing # is the object, + its contour."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from automask.image.write import output_path
from automask.output.ledger import RecordWriter
from automask.records import ImageRecord

Finished = Callable[..., ImageRecord]  # see the fixture of this name

# 4 x 6 pixels. The object of 8, and the same one column further right: 6 in both, 10 in either.
HERE = ("......", ".####.", ".####.", "......")
MOVED = ("......", "..####", "..####", "......")
VALUES = {"mask": (255, 0, 0), "alpha": (255, 0, 0), "trimap": (1, 2, 3), "objects": (7, 0, 0)}


def save(file: Path, rows: tuple[str, ...], values: tuple[int, int, int], deep: bool) -> None:
    """A drawing as a picture with these values of foreground, background and contour."""
    labels = dict(zip("#.+", values, strict=True))
    pixels = np.array([[labels[pixel] for pixel in row] for row in rows])
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint16 if deep else np.uint8)).save(file)


def a_run(
    root: Path,
    records: list[ImageRecord],
    masks: Mapping[str, tuple[str, ...]] = {},  # never changed
    kind: str = "mask",
    values: tuple[int, int, int] | None = None,
    described: dict[str, Any] | None = None,
) -> Path:
    """An output folder with these records; masks: drawings by stem, each written as `kind`."""
    with RecordWriter(root / "records" / "run.jsonl") as ledger:
        for record in records:
            ledger.append(record)
    for stem, rows in masks.items():
        file = root / output_path(stem, kind)
        save(file, rows, values or VALUES[kind], deep=kind == "objects")
    if described is not None:
        (root / "run.json").write_text(json.dumps(described))
    return root
