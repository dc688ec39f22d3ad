"""How long images took, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from automask.records import ImageRecord

MEASURED = ("load", "encode", "decode", "choose", "refine", "write")
STAGES = (*MEASURED, "other")  # other: of the total, what is in no stage
SLOW_SHARE = 0.05  # of the images, told apart


@dataclass(frozen=True)
class Timing:
    """Of the images that were masked or have no object, seconds in one worker."""

    totals: tuple[float, ...]
    median: float
    p95: float
    stages: dict[str, float]  # mean of each of STAGES
    slow_stages: dict[str, float]  # the same of the slowest SLOW_SHARE, at least one


def tell_timing(records: Sequence[ImageRecord]) -> Timing:
    """Failed images tell nothing: they stopped somewhere."""
    done = sorted(filter(_is_timed, records), key=_total)
    totals = tuple(map(_total, done))
    slow = done[-max(1, round(len(done) * SLOW_SHARE)) :]
    median, p95 = map(float, np.percentile(totals, (50, 95))) if totals else (0.0, 0.0)
    return Timing(totals, median, p95, _means(done), _means(slow))


def stage_seconds(record: ImageRecord) -> dict[str, float]:
    """Seconds of each of STAGES; 0 where none were measured."""
    seconds = {name: getattr(record, f"seconds_{name}") or 0.0 for name in MEASURED}
    return {**seconds, "other": max(0.0, _total(record) - sum(seconds.values()))}


def slowest(records: Sequence[ImageRecord], count: int) -> list[ImageRecord]:
    """The images that took longest, the longest first."""
    return sorted(filter(_is_timed, records), key=_total, reverse=True)[:count]


def _is_timed(record: ImageRecord) -> bool:
    return record.is_done and record.seconds_total is not None


def _total(record: ImageRecord) -> float:
    return record.seconds_total or 0.0


def _means(records: Sequence[ImageRecord]) -> dict[str, float]:
    rows = [stage_seconds(record) for record in records]
    return {stage: sum(row[stage] for row in rows) / max(1, len(rows)) for stage in STAGES}
