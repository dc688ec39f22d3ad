"""The masks that two variants wrote, compared image by image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automask.bench.figures import Measured
from automask.bench.summary import Parity, pairs_to_compare, parity
from automask.image.load import load
from automask.image.metrics import mask_iou
from automask.image.write import output_path
from automask.records import Job


def compare_masks(measured: Sequence[Measured], jobs: Sequence[Job]) -> list[Parity]:
    """The agreement of every two variants of a model that share an image."""
    found = []
    for a, b in pairs_to_compare(measured):
        ious = image_ious(a.output, b.output, jobs)
        if ious:
            found.append(parity(a.variant, b.variant, ious))
    return found


def image_ious(first: Path, second: Path, jobs: Sequence[Job]) -> dict[str, float]:
    """IoU of the two masks by image, for images that both variants masked."""
    files = {job.image: [_mask_file(output, job) for output in (first, second)] for job in jobs}
    return {
        image: mask_iou(_read(ours), _read(theirs))
        for image, (ours, theirs) in files.items()
        if ours.exists() and theirs.exists()
    }


def _mask_file(output: Path, job: Job) -> Path:
    return output / "0" / output_path(job.stem, "mask")


def _read(file: Path) -> NDArray[np.bool_]:
    return np.asarray(load(file)[..., 0] > 0)
