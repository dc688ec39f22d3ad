"""A mask as it travels between server and page: the lengths of its runs.

Row by row from the top left, background first: [2, 3, 1] is two pixels of background, three of the
object, one of background. Of an outline that is smooth a row has few.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from automask.records import Mask


def to_runs(mask: Mask) -> list[int]:
    """The run lengths of a mask, H x W bool; they add up to its pixels."""
    flat = mask.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts = np.concatenate([[0], changes, [flat.size]])
    lengths: list[int] = np.diff(starts).tolist()
    return [0, *lengths] if flat.size and flat[0] else lengths


def from_runs(runs: Sequence[int], shape: tuple[int, int]) -> Mask:
    """The mask of run lengths. Raises ValueError where they do not add up to H x W = `shape`."""
    lengths = np.asarray(runs, np.int64)
    if lengths.ndim != 1 or (lengths < 0).any() or lengths.sum() != shape[0] * shape[1]:
        raise ValueError(f"the runs of a mask do not add up to {shape[1]} x {shape[0]} px")
    values = np.arange(len(lengths)) % 2 == 1
    return np.repeat(values, lengths).reshape(shape)
