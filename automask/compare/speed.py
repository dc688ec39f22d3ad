"""Speed and cost of the two runs, as pure functions of their records."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from automask.records import ImageRecord

STAGES = ("load", "encode", "decode", "choose", "refine", "write", "total")
PAUSE_SECONDS = 60.0  # a longer gap without any image in progress: the run was stopped


@dataclass(frozen=True)
class Pace:
    """The pace of a run, from all of its records."""

    images: int  # that have a result: ok or no_object
    failed: int
    seconds_wall: float  # from the start of the first image to the end of the last, without pauses
    seconds_paused: float
    pauses: int
    images_per_hour: float | None  # None: nothing was finished, or in no time
    cost_per_1000: float | None  # in the currency of the price; None: no price or no rate


@dataclass(frozen=True)
class StageSpeed:
    """One stage over the images that have a time for it in both runs."""

    stage: str  # of STAGES
    images: int
    seconds_a: float  # mean of an image
    seconds_b: float
    times_as_fast: float | None  # A's sum of seconds over B's; None: B's is 0
    times_as_fast_median: float | None  # median of the images' own ratios


def pace(records: Iterable[ImageRecord], price_per_hour: float | None = None) -> Pace:
    """The pace of a run. price_per_hour: of all its machines together."""
    records = list(records)
    wall, gaps = _clock([_span(record) for record in records])
    done = sum(record.is_done for record in records)
    rate = 3600 * done / wall if wall and done else None
    cost = None if price_per_hour is None or rate is None else 1000 * price_per_hour / rate
    return Pace(done, len(records) - done, wall, sum(gaps), len(gaps), rate, cost)


def stage_speeds(pairs: Sequence[tuple[ImageRecord, ImageRecord]]) -> tuple[StageSpeed, ...]:
    """A figure for each stage that both runs have timed, over images that both have finished."""
    done = [(a, b) for a, b in pairs if a.is_done and b.is_done]
    speeds = []
    for stage in STAGES:
        timed = [(getattr(a, f"seconds_{stage}"), getattr(b, f"seconds_{stage}")) for a, b in done]
        known = [(a, b) for a, b in timed if a is not None and b is not None]
        if known:
            speeds.append(_stage_speed(stage, known))
    return tuple(speeds)


def _stage_speed(stage: str, seconds: Sequence[tuple[float, float]]) -> StageSpeed:
    count = len(seconds)
    total_a, total_b = (sum(one[side] for one in seconds) for side in (0, 1))
    ratios = [a / b for a, b in seconds if b]
    return StageSpeed(
        stage,
        count,
        total_a / count,
        total_b / count,
        total_a / total_b if total_b else None,
        statistics.median(ratios) if ratios else None,
    )


def _span(record: ImageRecord) -> tuple[float, float]:
    """Start and end of an image, seconds since the epoch."""
    start = datetime.fromisoformat(record.started_at).timestamp()
    return start, start + (record.seconds_total or 0.0)


def _clock(spans: Sequence[tuple[float, float]]) -> tuple[float, list[float]]:
    """Seconds from first start to last end without pauses, and the seconds of each pause."""
    wall, gaps = 0.0, []
    end: float | None = None
    for start, stop in sorted(spans):
        gap = 0.0 if end is None else start - end
        if gap > PAUSE_SECONDS:
            gaps.append(gap)
        before = start if end is None or gap > PAUSE_SECONDS else end
        wall += max(0.0, stop - before)
        end = stop if end is None else max(end, stop)
    return wall, gaps
