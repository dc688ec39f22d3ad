"""The timeline of a run: sessions, pauses, rates, and load of workers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from automask.records import ImageRecord

# Without any image in progress for this long, the run was stopped and started again: a start takes
# seconds, and between two images of a run there are milliseconds.
PAUSE_SECONDS = 30.0
MOST_BINS = 48  # of the rate over the night
IMAGES_A_BIN = 20  # images per stretch at least, on average: a rate of two is noise


@dataclass(frozen=True)
class Span:
    """A stretch of time, in seconds since the start of the first image."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start

    def holds(self, other: Span) -> bool:
        """Whether a moment lies in it."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True)
class Timeline:
    """The timeline of a run from its records, which exclude the start-up."""

    began: datetime  # the first image's start, UTC
    sessions: tuple[Span, ...]  # work without a pause
    images: int
    rates: tuple[tuple[Span, float], ...]  # images per hour, in stretches of similar length
    loads: tuple[tuple[str, float], ...]  # worker, share of its time spent on images, 0..1

    @property
    def seconds_wall(self) -> float:
        """Seconds from the first start to the last end, pauses included."""
        return self.sessions[-1].end

    @property
    def seconds_working(self) -> float:
        """Seconds of all sessions."""
        return sum(session.seconds for session in self.sessions)

    @property
    def seconds_paused(self) -> float:
        """Seconds between the sessions."""
        return self.seconds_wall - self.seconds_working

    @property
    def images_per_hour(self) -> float:
        """The rate over the working time; 0 if the records have no times."""
        return 3600 * self.images / self.seconds_working if self.seconds_working else 0.0


def timeline_of(records: Sequence[ImageRecord]) -> Timeline:
    """records: at least one, in any order."""
    began = min(_start(record) for record in records)
    spans = [_span(record, began) for record in records]
    sessions = _joined(spans, PAUSE_SECONDS)
    return Timeline(
        began=began,
        sessions=tuple(sessions),
        images=len(records),
        rates=tuple(_rates(np.array([span.end for span in spans]), sessions)),
        loads=tuple(
            _loads(zip((record.worker for record in records), spans, strict=True), sessions)
        ),
    )


def _start(record: ImageRecord) -> datetime:
    return datetime.fromisoformat(record.started_at)


def _span(record: ImageRecord, began: datetime) -> Span:
    start = (_start(record) - began).total_seconds()
    return Span(start, start + (record.seconds_total or 0.0))


def _joined(spans: Iterable[Span], gap: float) -> list[Span]:
    """Spans merged where they overlap or lie at most `gap` seconds apart, sorted."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if joined and span.start - joined[-1].end <= gap:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def _rates(ends: NDArray[np.float64], sessions: Sequence[Span]) -> Iterable[tuple[Span, float]]:
    bins = min(MOST_BINS, max(1, len(ends) // IMAGES_A_BIN))
    width = sum(session.seconds for session in sessions) / bins
    for session in sessions:
        if session.seconds == 0:
            continue  # images that died with their worker have no seconds
        edges = np.linspace(session.start, session.end, max(1, round(session.seconds / width)) + 1)
        counts, _ = np.histogram(ends, edges)
        for start, end, count in zip(edges[:-1], edges[1:], counts, strict=True):
            yield Span(float(start), float(end)), 3600 * float(count) / float(end - start)


def _loads(
    worked: Iterable[tuple[str, Span]], sessions: Sequence[Span]
) -> Iterable[tuple[str, float]]:
    """The load of each worker, from its first image of a session to its last."""
    by_worker: dict[str, list[Span]] = defaultdict(list)
    for worker, span in worked:
        by_worker[worker].append(span)
    for worker, spans in sorted(by_worker.items()):
        busy = sum(span.seconds for span in _joined(spans, 0.0))
        there = sum(_reach(spans, session) for session in sessions)
        if there:
            yield worker, busy / there


def _reach(spans: Iterable[Span], session: Span) -> float:
    """Seconds from the first start to the last end of those within a session."""
    within = [span for span in spans if session.start <= span.start <= session.end]
    return max(s.end for s in within) - min(s.start for s in within) if within else 0.0
