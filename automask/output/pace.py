"""How fast images were masked, from their records: one rule for run, status and report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import inf


@dataclass
class Pace:
    """Images between the start of the first and the end of the last, without start-up."""

    images: int = 0
    began: float = inf  # seconds since the epoch
    ended: float = -inf

    def add(self, started_at: str, seconds_total: float | None) -> None:
        """One more image; a time that is none, of a foreign line, counts the image alone."""
        self.images += 1
        try:
            start = datetime.fromisoformat(started_at).timestamp()
        except (TypeError, ValueError):
            return
        self.began = min(self.began, start)
        self.ended = max(self.ended, start + (seconds_total or 0.0))

    @property
    def images_per_hour(self) -> float:
        """0 where nothing is known."""
        return 3600 * self.images / (self.ended - self.began) if self.ended > self.began else 0.0
