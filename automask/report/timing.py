"""Seconds of images by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from automask.records import ImageRecord

MEASURED = ("load", "encode", "decode", "choose", "refine", "write")
STAGES = (*MEASURED, "other")  # other: the rest of the total
SLOW_SHARE = 0.05  # of the images, shown separately


@dataclass(frozen=True)
class Timing:
    """Seconds in one worker, over images with a mask or no object."""

    totals: tuple[float, ...]
    median: float
    p95: float
    stages: dict[str, float]  # mean of each of STAGES
    slow_stages: dict[str, float]  # the same of the slowest SLOW_SHARE, at least one


def timing_of(records: Sequence[ImageRecord]) -> Timing:
    """The timing of a run's images, without failed ones, which stopped at some stage."""
    done = sorted(filter(_is_timed, records), key=_total)
    totals = tuple(map(_total, done))
    slow = done[-max(1, round(len(done) * SLOW_SHARE)) :]
    median, p95 = map(float, np.percentile(totals, (50, 95))) if totals else (0.0, 0.0)
    return Timing(totals, median, p95, _means(done), _means(slow))


def stage_seconds(record: ImageRecord) -> dict[str, float]:
    """Seconds of each of STAGES; 0 if not measured."""
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
