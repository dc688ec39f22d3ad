"""Reviewed masks: pairs of photograph and mask, and which of them are held out."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np

from automask.errors import UsageError
from automask.image.load import load
from automask.image.scan import scan
from automask.image.sizes import shrink
from automask.image.trimap import FOREGROUND
from automask.image.write import FOLDERS
from automask.labelled.folder import Labelled, check_sizes, load_mask, read_labels

MAX_SIDE = 2048  # px
MIN_PAIRS = 4  # fewer cannot be both learned from and held out


def load_reviewed(
    folder: Path, images: Path | None = None, foreground: int = FOREGROUND
) -> tuple[list[Labelled], int]:
    """The pairs of a folder, and how many photographs have no mask.

    folder: holds `masks/` (see `load_mask`) or `trimaps/` (foreground: its label, an object's
    contour counts as background), named as `automask run` names them. images: the photographs;
    None: `folder/images`. Raises UsageError where there is no such folder, a mask cannot be read
    or has another size than its photograph, or there are too few pairs.
    """
    photographs = images if images is not None else folder / "images"
    if not photographs.is_dir():
        raise UsageError(f"no photographs: {photographs} is no folder; name it with --images")
    masks, is_trimap = _mask_folder(folder)
    jobs = scan(photographs)
    with_mask = [job for job in jobs if (masks / f"{job.stem}.png").is_file()]
    if len(with_mask) < MIN_PAIRS:
        raise UsageError(
            f"{len(with_mask)} of {len(jobs)} photographs in {photographs} have a mask in {masks}; "
            f"tuning needs at least {MIN_PAIRS}, and 20 to be worth it"
        )
    pairs = []
    for job in with_mask:
        image, file = load(photographs / job.image), masks / f"{job.stem}.png"
        mask = read_labels(file) == foreground if is_trimap else load_mask(file)
        check_sizes(job.image, image, mask)
        pairs.append(_of_moderate_size(Labelled(job.image, image, mask)))
    if not any(pair.truth.any() for pair in pairs):
        wanted = f"label {foreground}, see --foreground" if is_trimap else "128 or more, or 1"
        raise UsageError(f"no mask in {masks} has an object (a pixel of {wanted})")
    return pairs, len(jobs) - len(with_mask)


def hold_out(pairs: list[Labelled], share: float) -> tuple[list[Labelled], list[Labelled]]:
    """The pairs to learn from and those held out, at least one of each; share between 0 and 1.

    In the order of a hash of their names: the same pairs whatever the order of the files.
    Raises UsageError for another share.
    """
    if not 0 < share < 1:
        raise UsageError(f"--hold-out must lie between 0 and 1, not {share}")
    ordered = sorted(pairs, key=lambda pair: _name_digest(pair.name))
    count = min(max(1, round(share * len(pairs))), len(pairs) - 1)
    return ordered[count:], ordered[:count]


def _of_moderate_size(pair: Labelled) -> Labelled:
    """At most MAX_SIDE px large: no model sees more, and all pairs are held in memory."""
    image = shrink(pair.image, MAX_SIDE)
    if image is pair.image:
        return pair
    soft = cv2.resize(
        pair.truth.astype(np.float32), image.shape[1::-1], interpolation=cv2.INTER_AREA
    )
    return Labelled(pair.name, image, np.asarray(soft >= 0.5))


def _name_digest(name: str) -> bytes:
    return hashlib.sha256(name.encode(errors="surrogateescape")).digest()


def _mask_folder(folder: Path) -> tuple[Path, bool]:
    for kind in ("mask", "trimap"):
        if (folder / FOLDERS[kind]).is_dir():
            return folder / FOLDERS[kind], kind == "trimap"
    raise UsageError(f"{folder} has neither a folder masks nor a folder trimaps")
