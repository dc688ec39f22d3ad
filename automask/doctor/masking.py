"""One image masked end to end, as `automask run` would: the check that counts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automask.config import RunConfig
from automask.doctor.finding import FAULT, OK, WARNING, Finding
from automask.output.ledger import load_records
from automask.records import FAILED, ImageRecord
from automask.runs.runner import run

WIDTH, HEIGHT = 4000, 3000  # 12 megapixels, as a telephone's
NAME = "disc.jpg"
GOOD_IOU = 0.9  # the bundled model has 1.00 on this drawing


@dataclass(frozen=True)
class Masked:
    """What became of the image, and what its worker took; None: no image was masked."""

    finding: Finding
    worker_mb: float | None = None


def check_masking(trial: Path, config: RunConfig) -> Masked:
    """Masks a drawn disc and compares with the truth. Raises AutomaskError as a run would.

    config: model and device count; folders, workers and kinds are set here.
    """
    photographs, output = trial / "photographs", trial / "masks"
    photographs.mkdir()
    truth = draw_disc(photographs / NAME)
    changes = {"input": photographs, "output": output, "workers": 1, "save": ("mask",)}
    run(config.model_copy(update={**changes, "shard": "off", "limit": None}))
    record = load_records(output)[NAME]
    if record.status == FAILED:
        return Masked(Finding("masking", FAULT, str(record.error), "see the lines above"))
    return Masked(_compare(record, output, truth), record.memory_mb)


def _compare(record: ImageRecord, output: Path, truth: NDArray[np.bool_]) -> Finding:
    import cv2

    pixels = cv2.imread(str(output / str(record.output)), cv2.IMREAD_GRAYSCALE)
    mask = np.zeros_like(truth) if pixels is None else pixels > 0
    iou = float((mask & truth).sum() / max((mask | truth).sum(), 1))
    text = (
        f"a drawn disc on 12 megapixels: {record.seconds_total:.1f} s with {record.model} on "
        f"{record.device} in {record.dtype}, IoU {iou:.2f}"
    )
    if iou < GOOD_IOU:
        remedy = "look at automask models: a damaged or strange checkpoint; try --model tiny"
        return Finding("masking", WARNING, text, remedy)
    return Finding("masking", OK, text)


def draw_disc(file: Path) -> NDArray[np.bool_]:
    """Writes a photograph of a dark red disc on a graded backdrop; its true mask, H x W."""
    from PIL import Image

    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    disc = (rows - HEIGHT / 2) ** 2 + (columns - WIDTH / 2) ** 2 < (HEIGHT / 3) ** 2
    pixels = np.repeat((190 + rows * 40 // HEIGHT)[..., None], 3, axis=2).astype(np.uint8)
    pixels[disc] = (150, 30, 40)
    Image.fromarray(pixels).save(file, quality=92)
    return np.asarray(disc)
