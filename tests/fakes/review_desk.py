"""A desk over a small output folder, with a helper that needs no model, and a server for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from automask.image.trimap import make_trimap
from automask.image.write import encode_png, output_path
from automask.output.ledger import RecordWriter
from automask.records import FAILED, OK, ImageRecord
from automask.review.clicks import Clicks, Suggestion, merged_at
from automask.review.desk import Desk
from automask.review.source import open_source
from automask.review.worklist import make_worklist
from automask.system.files import write_atomic

WIDTH, HEIGHT = 40, 30
TOKEN = "the-token"
CLIENT = "client-1"


def machine_mask() -> NDArray[np.bool_]:
    """Rows 10 to 19, columns 10 to 29."""
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[10:20, 10:30] = True
    return mask


class FakeHelper:
    """Answers each point with the square of 9 px around it; knows every photograph at once."""

    def __init__(self) -> None:
        self.asked: list[Clicks] = []
        self.ahead: list[str] = []

    def ask(self, item: str, clicks: Clicks) -> list[Suggestion]:  # noqa: ARG002
        self.asked.append(clicks)
        answer = np.zeros((HEIGHT, WIDTH), np.bool_) if clicks.current is None else clicks.current
        answer = answer.copy()
        for x, y, is_on in clicks.points:
            answer[max(0, int(y) - 4) : int(y) + 5, max(0, int(x) - 4) : int(x) + 5] = is_on
        if clicks.box_xyxy is not None:
            left, top, right, bottom = map(int, clicks.box_xyxy)
            answer[top:bottom, left:right] = True
        count = 3 if len(clicks.points) == 1 and not clicks.has_mask else 1
        return [
            Suggestion(merged_at(clicks, answer), 0.9 - number / 10, f"k{len(self.asked)}-{number}")
            for number in range(count)
        ]

    def proposals(self, item: str) -> list[Suggestion]:  # noqa: ARG002
        left, right = np.zeros((2, HEIGHT, WIDTH), np.bool_)
        left[:, : WIDTH // 2] = True
        right[:, WIDTH // 2 :] = True
        return [Suggestion(left, 0.8, "p0"), Suggestion(right, 0.7, "p1")]

    def look_ahead(self, items: Sequence[str]) -> None:
        self.ahead += items

    def close(self) -> None:
        """There is nothing to end."""

    def is_ready(self, item: str) -> bool:  # noqa: ARG002
        return True


def write_output(
    root: Path,
    records: Sequence[ImageRecord],
    kinds: Sequence[str] = ("trimap", "mask"),
    **config: Any,
) -> Path:
    """root/in with a photograph for each record, root/out with what a run leaves of them."""
    photographs, output = root / "in", root / "out"
    with RecordWriter(output / "records" / "run.jsonl") as ledger:
        for number, record in enumerate(records):
            file = photographs / record.image
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (WIDTH, HEIGHT), (40 + 20 * number % 200, 90, 120)).save(file, "PNG")
            ledger.append(record)
            if record.status != FAILED:
                _results(output, record, kinds)
    described = {"input": str(photographs), "save": list(kinds), "keep_extension": True, **config}
    (output / "run.json").write_text(json.dumps({"config": described}))
    return output


def _results(output: Path, record: ImageRecord, kinds: Sequence[str]) -> None:
    mask = machine_mask() if record.status == OK else np.zeros((HEIGHT, WIDTH), np.bool_)
    drawn = {
        "trimap": make_trimap(mask),
        "mask": mask.astype(np.uint8) * 255,
        "objects": mask.astype(np.uint16),
    }
    for kind in kinds:
        pixels = drawn.get(kind, np.zeros((HEIGHT, WIDTH, 3), np.uint8))
        write_atomic(output / output_path(record.image, kind), encode_png(pixels))


def make_desk(output: Path, queue: str = "all", helper: Any = None) -> Desk:
    source = open_source(output)
    return Desk(source, make_worklist(source.records.values(), queue), "Ada", helper)


def drawn_now(output: Path, image: str, kind: str = "mask") -> NDArray[Any]:
    """A result as it lies there."""
    return np.asarray(Image.open(output / output_path(image, kind)))
