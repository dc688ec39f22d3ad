"""Near duplicates: photographs that look alike, found by perceptual hash.

Two hashes that differ in at most N of 64 bits agree in at least one of N + 1 bands of bits. Only
those that share a band are compared: thousands of photographs take a moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automask.config import MAX_PIXELS
from automask.errors import InstallationError
from automask.image.load import load_small

HASH_BITS = 64
# The same photograph resized, re-encoded, brightened or rotated by a degree is this near; of 500
# different photographs two pairs were (benchmarks/near_duplicates.py).
NEAR_BITS = 8
HASHED_PX = 512  # of the longer side; the hash itself looks at 32 x 32


def fingerprint(file: Path, max_pixels: int = MAX_PIXELS) -> int:
    """The perceptual hash of a photograph, 64 bits; the same for 8 and 16 bits per channel.

    Args:
        file: The photograph.
        max_pixels: A larger one is an error.

    Returns:
        The hash.

    Raises:
        ImageError: See `load_small`.
    """
    try:
        import imagehash
    except ImportError as error:
        raise InstallationError(
            "--split looks for near duplicates with imagehash: pip install 'automask[export]'"
        ) from error
    return int(str(imagehash.phash(load_small(file, HASHED_PX, max_pixels))), 16)


def near_groups(hashes: Sequence[int], bits: int = NEAR_BITS) -> list[int]:
    """Group hashes that are at most `bits` apart, directly or by a chain of such pairs.

    Args:
        hashes: 64 bits each.
        bits: The largest Hamming distance of two neighbours.

    Returns:
        For each hash the number of its group: the index of the group's first member.
    """
    values, member = np.unique(np.array(hashes, np.uint64), return_inverse=True)
    leader = list(range(len(values)))
    for band in _bands(bits + 1):
        alike = defaultdict(list)
        for place, key in enumerate((values & band).tolist()):
            alike[key].append(place)
        for places in alike.values():
            _join_near(np.array(places), values, bits, leader)
    groups = [_root(leader, int(place)) for place in member]
    first: dict[int, int] = {}
    return [first.setdefault(group, place) for place, group in enumerate(groups)]


def _bands(count: int) -> list[np.uint64]:
    """Bit masks of nearly equal width that together cover all 64 bits."""
    ends = [round(HASH_BITS * k / count) for k in range(count + 1)]
    return [np.uint64(((1 << end) - 1) ^ ((1 << start) - 1)) for start, end in pairwise(ends)]


def _join_near(
    places: NDArray[np.intp], values: NDArray[np.uint64], bits: int, leader: list[int]
) -> None:
    for k, place in enumerate(places[:-1]):
        others = places[k + 1 :]
        for other in others[_apart(values[others], values[place]) <= bits]:
            a, b = _root(leader, int(place)), _root(leader, int(other))
            leader[max(a, b)] = min(a, b)


def _apart(values: NDArray[np.uint64], value: np.uint64) -> NDArray[np.int64]:
    """The Hamming distance of each value from the one."""
    octets = (values ^ value).view(np.uint8).reshape(-1, HASH_BITS // 8)
    return np.unpackbits(octets, axis=1).sum(axis=1, dtype=np.int64)


def _root(leader: list[int], place: int) -> int:
    while leader[place] != place:
        leader[place] = leader[leader[place]]
        place = leader[place]
    return place
