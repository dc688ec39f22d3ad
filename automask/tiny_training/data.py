"""Pairs of photograph and object mask, held in memory, with a fixed validation split."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

VALIDATION_SHARE = 0.02  # of the pairs; about 200 of DUTS-TR, enough for +-0.02 of mean IoU


@dataclass(frozen=True)
class Pair:
    """One photograph with the mask of its primary object."""

    name: str  # file stem, shared by image and mask
    image: NDArray[np.uint8]  # H x W x 3, RGB
    mask: NDArray[np.uint8]  # H x W, 0 or 255
    objects: NDArray[np.uint8] | None = None  # H x W, ids 1, 2, ... of the mask's objects, if known


def is_validation(name: str) -> bool:
    """Whether a pair belongs to the validation split, by its name alone: fixed for ever."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:4], "big") < VALIDATION_SHARE * 2**32


def with_share(pairs: list[Pair], others: list[Pair], share: float) -> list[Pair]:
    """The pairs, then the others as often as gives them about this share of the whole."""
    if not others:
        return pairs
    return pairs + others * max(1, round(share / (1 - share) * len(pairs) / len(others)))


def load_pairs(
    images: Path, masks: Path, limit: int | None = None, are_objects: bool = False
) -> list[Pair]:
    """Reads `images/*` with `masks/<stem>.png` into memory, sorted by name; about 300 kB a pair.

    are_objects: the masks are maps of objects, 0 and ids of 8 bits.

    Raises FileNotFoundError where a mask is missing and ValueError where a file cannot be decoded
    or the two sizes differ: a training set with holes should not be trained on unnoticed.
    """
    files = sorted(p for p in images.iterdir() if p.is_file() and not p.name.startswith("."))
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda f: _load_pair(f, masks, are_objects), files[:limit]))


def _load_pair(file: Path, masks: Path, are_objects: bool) -> Pair:
    mask_file = masks / f"{file.stem}.png"
    if not mask_file.is_file():
        raise FileNotFoundError(f"{file} has no mask: {mask_file} is missing")
    image = cv2.imread(str(file), cv2.IMREAD_COLOR)
    mask = cv2.imread(str(mask_file), cv2.IMREAD_GRAYSCALE)
    if image is None or mask is None:
        raise ValueError(f"{file if image is None else mask_file} cannot be decoded")
    if image.shape[:2] != mask.shape:
        raise ValueError(f"{file} is {image.shape[:2]}, its mask {mask.shape}: sizes must agree")
    rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    if are_objects:
        return Pair(file.stem, rgb, np.where(mask > 0, 255, 0).astype(np.uint8), mask)
    return Pair(file.stem, rgb, np.where(mask >= 128, 255, 0).astype(np.uint8))
