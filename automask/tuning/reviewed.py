"""Reviewed masks: pairs of photograph and mask, and the held-out ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.errors import UsageError
from automask.image.load import load
from automask.image.names import normal, on_disk
from automask.image.results import mended_kinds
from automask.image.scan import scan
from automask.image.sizes import shrink
from automask.image.trimap import FOREGROUND
from automask.image.write import FOLDERS, output_path
from automask.labelled.folder import Labelled, check_sizes, load_mask, read_labels
from automask.output.ledger import load_records
from automask.output.run_json import max_pixels, read_run_json
from automask.output.verdicts import rejected_images, vouched_images
from automask.records import Job, Mask

MAX_SIDE = 2048  # px
MIN_PAIRS = 4  # fewer cannot be split into training and held-out pairs


@dataclass(frozen=True)
class Reviewed:
    """The photographs of a folder that have a mask to learn from."""

    pairs: list[Labelled]
    without_mask: int  # photographs
    rejected: int  # photographs whose mask a person rejected
    true: list[Labelled] = field(default_factory=list)  # the same photographs, with true masks
    unseen: int = 0  # photographs left out since people looked at enough others


def load_reviewed(
    folder: Path,
    images: Path | None = None,
    foreground: int = FOREGROUND,
    truth: Path | None = None,
) -> Reviewed:
    """The pairs of a folder, without those that a person rejected.

    Where people reviewed at least 20 masks of an output, these alone: the others are the machine's.

    Args:
        folder: Holds `masks/` (see `load_mask`) or `trimaps/`, named as `automask run` names them;
            in its output, the one that a person corrected counts.
        images: The photographs; None: `folder/images`.
        foreground: The label of the object in trimaps; their contour counts as background.
        truth: True masks of some of the photographs, to measure on.

    Returns:
        The pairs, and the numbers of photographs without a mask or with a rejected one.

    Raises:
        UsageError: There is no such folder, a mask cannot be read or has not the size of its
            photograph, or there are too few pairs.
    """
    photographs = images if images is not None else folder / "images"
    if not photographs.is_dir():
        raise UsageError(f"no photographs: {photographs} is not a folder; name it with --images")
    masks, jobs, rejected = _Masks(folder, foreground), scan(photographs), rejected_images(folder)
    wanted = [job for job in jobs if normal(job.image) not in rejected]
    with_mask = [job for job in wanted if masks.file(job).is_file()]
    without_mask, vouched = len(wanted) - len(with_mask), vouched_images(folder)
    if vouched is not None:
        with_mask = [job for job in with_mask if normal(job.image) in vouched]
    if len(with_mask) < MIN_PAIRS:
        raise UsageError(
            f"{len(with_mask)} of {len(jobs)} photographs in {photographs} have a mask in "
            f"{masks.root}; tuning needs at least {MIN_PAIRS}, and 20 to be worth it"
        )
    pairs, true = [], []
    for job in with_mask:
        image = load(photographs / job.image, masks.max_pixels)
        pairs.append(_pair(job, image, masks.read(job)))
        file = None if truth is None else truth / f"{job.stem}.png"
        if file is not None and file.is_file():
            true.append(_pair(job, image, load_mask(file)))
    if truth is not None and not true:
        raise UsageError(
            f"--truth {truth} has a mask of none of the photographs: <stem>.png, 0/255"
        )
    if not any(pair.truth.any() for pair in pairs):
        raise UsageError(
            f"no mask in {masks.root} has an object (a pixel of {masks.object_values})"
        )
    unseen = len(wanted) - without_mask - len(with_mask)
    return Reviewed(pairs, without_mask, len(jobs) - len(wanted), true, unseen)


def _pair(job: Job, image: NDArray[np.uint8], mask: Mask) -> Labelled:
    check_sizes(job.image, image, mask)
    return _of_moderate_size(Labelled(job.image, image, mask))


def hold_out(pairs: list[Labelled], share: float) -> tuple[list[Labelled], list[Labelled]]:
    """Split pairs by a hash of their names, independently of the order of the files.

    Args:
        pairs: At least two.
        share: Of held-out pairs, between 0 and 1.

    Returns:
        The pairs to learn from and the held-out ones, at least one of each.

    Raises:
        UsageError: The share is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise UsageError(f"--hold-out must lie between 0 and 1, not {share}")
    ordered = sorted(pairs, key=lambda pair: _name_digest(pair.name))
    count = min(max(1, round(share * len(pairs))), len(pairs) - 1)
    return ordered[count:], ordered[:count]


def hold_out_true(reviewed: Reviewed, share: float) -> tuple[list[Labelled], list[Labelled]]:
    """The same, held out only where there is a true mask, and with that."""
    count = len(hold_out(reviewed.pairs, share)[1])
    chosen = sorted(reviewed.true, key=lambda pair: _name_digest(pair.name))[:count]
    names = {pair.name for pair in chosen}
    return [pair for pair in reviewed.pairs if pair.name not in names], chosen


def _of_moderate_size(pair: Labelled) -> Labelled:
    """A pair at most MAX_SIDE px large: no model uses more, and all pairs are in memory."""
    image = shrink(pair.image, MAX_SIDE)
    if image is pair.image:
        return pair
    soft = cv2.resize(
        pair.truth.astype(np.float32), image.shape[1::-1], interpolation=cv2.INTER_AREA
    )
    return Labelled(pair.name, image, np.asarray(soft >= 0.5))


def _name_digest(name: str) -> bytes:
    return hashlib.sha256(name.encode(errors="surrogateescape")).digest()


class _Masks:
    """The masks of a folder.

    Each image's mask, or its trimap if the folder has no masks or a person corrected the trimap.
    """

    def __init__(self, folder: Path, foreground: int) -> None:
        there = [kind for kind in ("mask", "trimap") if (folder / FOLDERS[kind]).is_dir()]
        if not there:
            raise UsageError(f"{folder} has neither a folder masks nor a folder trimaps")
        self._folder, self._kinds, self._foreground = folder, there, foreground
        self._records = load_records(folder)
        self.max_pixels = max_pixels(read_run_json(folder))  # of a photograph and its mask

    @property
    def root(self) -> Path:
        return self._folder / FOLDERS[self._kinds[0]]

    @property
    def object_values(self) -> str:
        is_trimap = self._kinds[0] == "trimap"
        return f"label {self._foreground}, see --foreground" if is_trimap else "128 or more, or 1"

    def file(self, job: Job) -> Path:
        return on_disk(self._folder, output_path(job.stem, self._kind(job)))

    def read(self, job: Job) -> Mask:
        """H x W bool. Raises UsageError."""
        file = self.file(job)
        if self._kind(job) == "trimap":
            return np.asarray(read_labels(file, self.max_pixels) == self._foreground)
        return load_mask(file, self.max_pixels)

    def _kind(self, job: Job) -> str:
        record = self._records.get(job.image)
        mended = () if record is None else mended_kinds(self._folder, record)
        return next((kind for kind in self._kinds if kind in mended), self._kinds[0])
