"""Splits photographs into training, validation and test."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from automask.errors import UsageError

SIDES = ("train", "val", "test")


@dataclass(frozen=True)
class Shares:
    """The share of each side; together 1."""

    by_side: Mapping[str, float]

    @property
    def sides(self) -> tuple[str, ...]:
        """The names of the sides."""
        return tuple(self.by_side)


def parse_shares(text: str) -> Shares:
    """TRAIN/VAL or TRAIN/VAL/TEST, such as 0.8/0.1/0.1. Raises UsageError for anything else."""
    try:
        shares = [float(part) for part in text.split("/")]
    except ValueError:
        shares = []
    is_sound = len(shares) in (2, 3) and all(share > 0 for share in shares)
    if not is_sound or abs(sum(shares) - 1) > 1e-6:
        raise UsageError(
            f"--split is TRAIN/VAL or TRAIN/VAL/TEST, shares above 0 that add up to 1, such as "
            f"0.8/0.1/0.1, not {text!a}"
        )
    return Shares(dict(zip(SIDES, shares, strict=False)))


def split(
    images: Sequence[str], groups: Sequence[int], shares: Shares, seed: int
) -> dict[str, str]:
    """The side of each image; groups are never divided.

    Folder by folder, in an order given by names and seed alone, each group goes to the side that is
    furthest behind its share. So each folder, and the whole, is divided by the shares as nearly as
    the groups allow.

    Args:
        images: Relative paths.
        groups: The number of each image's group of near duplicates.
        shares: The share of each side.
        seed: Of the order.

    Returns:
        train, val or test for each image.
    """
    members = defaultdict(list)
    for image, number in sorted(zip(images, groups, strict=True), key=lambda p: os.fsencode(p[0])):
        members[number].append(image)
    counts = dict.fromkeys(shares.sides, 0)
    sides = {}
    for group in sorted(members.values(), key=lambda alike: _order(alike[0], seed)):
        total = sum(counts.values()) + len(group)
        behind = {side: share * total - counts[side] for side, share in shares.by_side.items()}
        side = max(shares.sides, key=lambda side: behind[side])
        counts[side] += len(group)
        sides.update(dict.fromkeys(group, side))
    return sides


def _order(image: str, seed: int) -> tuple[bytes, bytes]:
    """A sort key: by folder, pseudorandom within it."""
    name = os.fsencode(image)
    return os.path.dirname(name), hashlib.sha256(b"%d/%s" % (seed, name)).digest()
