"""How often an image is tried, and for how long a worker really computes at it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil

COMPUTES = 0.1  # of a core; a process that uses less is waiting
WAITING = 4  # seconds of waiting that count as one of computing: a file server may be slow


@dataclass(frozen=True)
class Patience:
    """How often an image is tried, and for how long."""

    retries: int  # of an image whose worker died
    timeout: float  # seconds of computing that an image may take


class ComputeClock:
    """Counts the seconds in which a process computes, and a quarter of those in which it waits.

    A hang that spins counts by the clock on the wall; one that waits for ever comes to an end as
    well. A machine that is suspended stands still: CLOCK_MONOTONIC does.
    """

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._wall, self._cpu = time.monotonic(), self._cpu_seconds()

    def lap(self) -> float:
        """Seconds since the last lap, as counted here."""
        wall, cpu = time.monotonic(), self._cpu_seconds()
        passed, used = wall - self._wall, cpu - self._cpu
        self._wall, self._cpu = wall, cpu
        return counted(passed, used)

    def _cpu_seconds(self) -> float:
        try:
            times = self._process.cpu_times()
        except psutil.Error:  # it died: that is heard elsewhere
            return self._cpu if hasattr(self, "_cpu") else 0.0
        return float(times.user + times.system)


def counted(passed: float, used: float) -> float:
    """Of `passed` seconds on the wall, with `used` on the CPU, those that count."""
    return passed if used >= COMPUTES * passed else passed / WAITING
