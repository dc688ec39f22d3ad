"""clock: seconds of the steps of one image's way."""

from __future__ import annotations

import time


class Clock:
    """Measures the seconds of consecutive stages."""

    def __init__(self) -> None:
        self._start = self._lap = time.perf_counter()

    def lap(self) -> float:
        """Seconds since the last lap."""
        before, self._lap = self._lap, time.perf_counter()
        return round(self._lap - before, 6)

    def total(self) -> float:
        """Seconds since the clock was made."""
        return round(time.perf_counter() - self._start, 6)
