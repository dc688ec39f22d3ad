"""The records to check first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import merge, nsmallest

from automask.output.attention import NOBODY, ToCheck
from automask.records import ImageRecord
from automask.show.console import reason
from automask.show.grid import Grid, number


@dataclass(frozen=True)
class First:
    """The records to check, and the number of images of each status."""

    counts: Counter[str]
    records: tuple[ImageRecord, ...]
    to_check: ToCheck = field(default_factory=ToCheck)  # of all records


def check_first(
    batches: Iterable[list[ImageRecord]], most: int, settled: frozenset[str] = NOBODY
) -> First:
    """The records of lowest confidence, after those without one; ties sorted by name.

    settled: images that a person has decided about; they are not to be checked.
    """
    to_check = ToCheck(settled=settled)
    counts: Counter[str] = Counter()
    lowest: list[ImageRecord] = []
    for batch in batches:
        counts.update(record.status for record in batch)
        for record in batch:
            to_check.count(record)
        lowest = nsmallest(most, merge(lowest, sorted(batch, key=_order), key=_order), key=_order)
    return First(counts, tuple(lowest), to_check)


def count_line(first: First) -> str:
    """The number of images of each status, as a line."""
    each = ", ".join(f"{count:,} {status}" for status, count in sorted(first.counts.items()))
    if not each:
        return "no images"
    shown = f"; the lowest {len(first.records)}:" if first.to_check.total else ""
    return f"{first.counts.total():,} images: {each}; {first.to_check}{shown}"


def first_grid(first: First) -> Grid:
    """A row for each record."""
    rows = tuple(
        (r.image, r.status, number(r.confidence), reason(r.image, r.error) or " ".join(r.flags))
        for r in first.records
    )
    return Grid(("check first", "status", "confidence", "flags or error"), rows)


def _order(record: ImageRecord) -> tuple[float, str]:
    if record.confidence is not None:
        return record.confidence, record.image
    is_mended = record.is_done  # by a person: the last to look at
    return (2.0 if is_mended else -1.0), record.image
