"""The records to check first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import merge, nsmallest

from automask.records import ImageRecord
from automask.show.grid import Grid, number


@dataclass(frozen=True)
class First:
    """The records to check, and the number of images of each status."""

    counts: Counter[str]
    records: tuple[ImageRecord, ...]


def check_first(batches: Iterable[list[ImageRecord]], most: int) -> First:
    """The records of lowest confidence, after those without one; ties sorted by name."""
    counts: Counter[str] = Counter()
    lowest: list[ImageRecord] = []
    for batch in batches:
        counts.update(record.status for record in batch)
        lowest = nsmallest(most, merge(lowest, sorted(batch, key=_order), key=_order), key=_order)
    return First(counts, tuple(lowest))


def count_line(first: First) -> str:
    """The number of images of each status, as a line."""
    each = ", ".join(f"{count:,} {status}" for status, count in sorted(first.counts.items()))
    return f"{first.counts.total():,} images: {each}" if each else "no images"


def first_grid(first: First) -> Grid:
    """A row for each record."""
    rows = tuple(
        (r.image, r.status, number(r.confidence), r.error or " ".join(r.flags))
        for r in first.records
    )
    return Grid(("check first", "status", "confidence", "flags or error"), rows)


def _order(record: ImageRecord) -> tuple[float, str]:
    if record.confidence is not None:
        return record.confidence, record.image
    is_mended = record.is_done  # by a person: the last to look at
    return (2.0 if is_mended else -1.0), record.image
