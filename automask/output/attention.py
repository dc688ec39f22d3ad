"""Which masks a person should check: one rule and one count for run, report and records."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from automask.image.results import source_of
from automask.records import FAILED, LOW_CONFIDENCE, NO_OBJECT, ImageRecord

NOBODY: frozenset[str] = frozenset()


@dataclass
class ToCheck:
    """How many images to check, each counted once; failures, which are listed, apart."""

    unsure: int = 0  # masked, with a confidence below LOW_CONFIDENCE
    flagged: int = 0  # masked, with a flag only
    no_object: int = 0
    settled: frozenset[str] = NOBODY  # images that a person has decided about

    @property
    def total(self) -> int:
        """Images to check."""
        return self.unsure + self.flagged + self.no_object

    def count(self, record: ImageRecord) -> None:
        """Counts one more record."""
        if not needs_look(record, self.settled):
            return
        if record.status == NO_OBJECT:
            self.no_object += 1
        elif is_unsure(record):
            self.unsure += 1
        else:
            self.flagged += 1

    def __str__(self) -> str:
        """34 to check: 24 below 0.5, 10 with a flag only"""
        reasons = (
            (self.unsure, f"below {LOW_CONFIDENCE}"),
            (self.flagged, "with a flag only"),
            (self.no_object, "without object"),
        )
        each = ", ".join(f"{count:,} {what}" for count, what in reasons if count)
        return f"{self.total:,} to check: {each}" if each else "nothing to check"


def to_check(records: Iterable[ImageRecord], settled: frozenset[str] = NOBODY) -> ToCheck:
    """How many of the newest records to check.

    Args:
        records: One for each image.
        settled: Images that a person has decided about.
    """
    counted = ToCheck(settled=settled)
    for record in records:
        counted.count(record)
    return counted


def needs_look(record: ImageRecord, settled: Collection[str] = NOBODY) -> bool:
    """Whether a person should check its result: no object, low confidence, or flagged."""
    has_been_seen = record.image in settled or source_of(record.mended) is not None
    if record.status == FAILED or has_been_seen:
        return False
    return record.status == NO_OBJECT or is_unsure(record) or bool(record.flags)


def is_unsure(record: ImageRecord) -> bool:
    """Whether its confidence is low, or unknown."""
    return (record.confidence or 0.0) < LOW_CONFIDENCE
