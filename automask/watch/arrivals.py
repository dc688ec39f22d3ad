"""Which photographs have arrived: those whose files have stopped growing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from automask.records import Job

Version = tuple[int, int]  # size in bytes, time of change in ns


@dataclass
class Arrivals:
    """Polls a listing, and reports each version of a file once.

    settle_seconds: a file is whole when size and time have stayed so long what they are.
    """

    settle_seconds: float
    reported: dict[str, Version] = field(default_factory=dict)  # by image
    growing: dict[str, tuple[Version, float]] = field(default_factory=dict)  # and since when

    def look(self, jobs: Iterable[Job], now: float) -> list[Job]:
        """The complete jobs of a listing not reported in this version. now: seconds."""
        whole, growing = [], {}
        for job in jobs:
            version = (job.input_bytes, job.input_mtime_ns)
            if self.reported.get(job.image) == version:
                continue
            before, since = self.growing.get(job.image, (None, now))
            since = since if before == version else now
            if now - since >= self.settle_seconds:
                whole.append(job)
                self.reported[job.image] = version
            else:
                growing[job.image] = (version, since)
        self.growing = growing
        return whole
