"""Outputs of a run in miniature: photographs in one colour each, a rectangle for a mask."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from automask.image.write import encode_png
from automask.output.ledger import RecordWriter
from automask.records import FAILED, OK, ImageRecord
from automask.system.files import write_atomic

WIDTH, HEIGHT = 40, 30  # px
# What a file name may hold and a page must only ever show.
HOSTILE = (
    "<img src=x onerror=alert(1)>.jpg",
    '"><script>alert(1)</script>.jpg',  # a folder and a file
    "two\nlines.jpg",
    "gpj.\u202egnp.jpg",  # a mark that turns the direction of reading
    os.fsdecode(b"not-utf-8-\xff.jpg"),
    "{{ 7 * 7 }} ${7 * 7} &lt;b&gt;.jpg",
    "' onload='alert(1).jpg",
    "javascript:alert(1).jpg",
)


def colour_of(number: int) -> tuple[int, int, int]:
    """The colour of the photograph with that number; neighbours differ by more than JPEG blurs."""
    return (60 + 40 * (number % 5), 50 + 50 * (number // 5 % 4), 40 + 60 * (number // 20 % 4))


def make_output(
    root: Path, records: Sequence[ImageRecord], described: dict[str, Any] | None = None
) -> Path:
    """Writes root/in, the photographs, and root/out, an output folder with masks, as a run would.

    A record's sizes and times on disk become those of the photograph made for it.
    """
    photographs, output = root / "in", root / "out"
    photographs.mkdir(parents=True, exist_ok=True)
    with RecordWriter(output / "records" / "run.jsonl") as ledger:
        for number, record in enumerate(records):
            info = _photograph(photographs / record.image, number).stat()
            ledger.append(
                replace(record, input_bytes=info.st_size, input_mtime_ns=info.st_mtime_ns)
            )
            if record.status != FAILED:
                _mask(output, record)
    told = {"config": {"input": str(photographs)}, **(described or {})}
    (output / "run.json").write_text(json.dumps(told))
    return output


def _photograph(file: Path, number: int) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as opened:
        Image.new("RGB", (WIDTH, HEIGHT), colour_of(number)).save(opened, "JPEG")
    return file


def _mask(output: Path, record: ImageRecord) -> None:
    """The middle of the photograph, as the trimap that the record names; nothing: no object."""
    trimap = np.full((HEIGHT, WIDTH), 2, np.uint8)
    if record.status == OK:
        trimap[10:20, 10:30] = 1
    assert record.output is not None
    write_atomic(output / record.output, encode_png(trimap))


def named(make_record: Any, names: Iterable[str], **changes: Any) -> list[ImageRecord]:
    """A record for each name, as `run` would name its output."""
    return [
        make_record(
            image=name,
            output=f"trimaps/{os.path.splitext(name)[0]}.png",
            width=WIDTH,
            height=HEIGHT,
            **changes,
        )
        for name in names
    ]
