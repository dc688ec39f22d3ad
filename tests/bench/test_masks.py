"""Masks on disk, compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from automask.bench.figures import Measured
from automask.bench.masks import compare_masks, image_ious
from automask.records import Job

JOBS = [Job("sub/a.jpg", "sub/a", 1, 1), Job("b.jpg", "b", 1, 1)]
FULL = [[1, 1], [1, 1]]
HALF = [[1, 1], [0, 0]]


def write(output: Path, stem: str, mask: list[list[int]], repeat: int = 0) -> None:
    file = output / str(repeat) / "masks" / f"{stem}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(mask, np.uint8) * 255).save(file)


def test_masks_are_compared_image_by_image(tmp_path: Path) -> None:
    for output, masks in (("x", (FULL, HALF)), ("y", (HALF, HALF))):
        for job, mask in zip(JOBS, masks, strict=True):
            write(tmp_path / output, job.stem, mask)
    ious = image_ious(tmp_path / "x", tmp_path / "y", JOBS)
    assert ious == {"sub/a.jpg": 0.5, "b.jpg": 1.0}


def test_an_image_that_one_variant_has_no_mask_of_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "x", "b", FULL)
    assert image_ious(tmp_path / "x", tmp_path / "y", JOBS) == {}


def test_only_the_first_time_counts(tmp_path: Path) -> None:
    for output in ("x", "y"):
        write(tmp_path / output, "b", FULL)
    write(tmp_path / "y", "b", HALF, repeat=1)
    assert image_ious(tmp_path / "x", tmp_path / "y", JOBS) == {"b.jpg": 1.0}


def test_variants_without_a_shared_mask_have_no_parity(
    tmp_path: Path, make_measured: Callable[..., Measured]
) -> None:
    measured = [
        make_measured(f"tiny cpu {name}", output=tmp_path / name) for name in ("stock", "fast", "x")
    ]
    for name, mask in (("stock", FULL), ("fast", HALF)):
        write(tmp_path / name, "b", mask)
    (found,) = compare_masks(measured, JOBS)
    assert (found.first.generator, found.second.generator, found.images) == ("stock", "fast", 1)
    assert (found.worst_iou, found.mean_iou, found.share_alike) == (0.5, pytest.approx(0.5), 0)
