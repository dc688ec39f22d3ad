"""Photographs with their true masks, for measurement and training."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automask.config import MAX_PIXELS, RunConfig
from automask.errors import ImageError, UsageError
from automask.image.left_out import Rules
from automask.image.load import load, opened
from automask.image.names import normal, on_disk
from automask.image.scan import scan
from automask.labelled.studio import product_shot
from automask.output.verdicts import rejected_images, vouched_images
from automask.records import Job, Mask

FOREGROUND = 128  # lowest value of the object; half of 255, rounded up


@dataclass(frozen=True)
class Labelled:
    """A photograph with its true mask."""

    name: str  # relative path
    image: NDArray[np.uint8]  # H x W x 3, RGB
    truth: Mask  # H x W


class LabelledFolder:
    """Iterates over the images of a folder with their masks `masks/<stem>.png`, see `load_mask`.

    If `masks` belongs to the output of a run, images that a person rejected are left out; where
    people reviewed at least 20, so are those that nobody looked at.
    """

    def __init__(
        self, config: RunConfig, masks: Path, studio: bool = False, every: int = 1
    ) -> None:
        self.config = config
        self.masks = masks
        self.studio = studio  # each object is set on a studio backdrop, see studio.py
        rejected = rejected_images(masks.parent)
        jobs = [job for job in _photographs(config) if normal(job.image) not in rejected]
        vouched = vouched_images(masks.parent)
        if vouched is not None:
            jobs = [job for job in jobs if normal(job.image) in vouched]
        self.rejected = rejected
        self.jobs = jobs[::every][: config.limit]  # every K-th image only
        if not self.jobs:
            raise UsageError(f"no image in {config.input}")

    def __len__(self) -> int:
        return len(self.jobs)

    def __iter__(self) -> Iterator[Labelled]:
        for job in self.jobs:
            max_pixels = self.config.load.max_pixels
            image = load(self.config.input / job.image, max_pixels)
            truth = load_mask(on_disk(self.masks, f"{job.stem}.png"), max_pixels)
            check_sizes(job.image, image, truth)
            if self.studio and truth.any():
                image, truth = _in_studio(job.image, image, truth)
            yield Labelled(job.image, image, truth)


def _photographs(config: RunConfig) -> list[Job]:
    rules = Rules(config.input, config.scan.exclude, config.scan.include)
    return scan(config.input, rules=rules)


def _in_studio(name: str, image: NDArray[np.uint8], truth: Mask) -> tuple[NDArray[np.uint8], Mask]:
    """On a backdrop that depends only on the name."""
    rng = np.random.default_rng(list(os.fsencode(name)))
    shot, mask = product_shot(image, truth.astype(np.uint8) * 255, rng)
    return shot, mask >= 128


def load_mask(file: Path, max_pixels: int = MAX_PIXELS) -> Mask:
    """A true mask: the object is 128 and more, or 1 in a file of 0 and 1.

    Args:
        file: The picture.
        max_pixels: Larger pictures are errors.

    Returns:
        H x W bool.

    Raises:
        UsageError: It cannot be read, or has other values.
    """
    values = read_labels(file, max_pixels)
    highest = int(values.max(initial=0))
    if 1 < highest < FOREGROUND:
        raise UsageError(
            f"true mask {file} has no value of {FOREGROUND} or more, and others than 0 and 1, up "
            f"to {highest}: save it with 255 on the object, 0 elsewhere"
        )
    return values >= (1 if highest == 1 else FOREGROUND)


def read_labels(file: Path, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """The values of a one-channel picture; colours become gray.

    Args:
        file: The picture.
        max_pixels: Larger pictures are errors.

    Returns:
        H x W uint8.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        with opened(file, max_pixels) as image:
            return np.asarray(image.convert("L"))
    except ImageError as error:
        raise UsageError(f"true mask {file} cannot be read: {error}") from error


def check_sizes(name: str, image: NDArray[np.uint8], truth: Mask) -> None:
    """Raise UsageError if a mask is not of its photograph's size."""
    if truth.shape != image.shape[:2]:
        raise UsageError(
            f"{name!a} is, upright, {image.shape[:2]}, its mask {truth.shape} (height, width): "
            "they must agree"
        )


def dataset_of(stem: str) -> str:
    """`pascal_s_12` -> pascal: the name before its first underscore; `all` without one."""
    head, underscore, _ = stem.partition("_")
    return head if underscore else "all"
