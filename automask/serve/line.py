"""The line that photographs wait in: requests first, then those of batches, each in its order."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from automask.image.process import Outcome
from automask.records import Job

REQUEST, BATCH = 0, 1  # who goes first

OnOutcome = Callable[[Outcome], None]


@dataclass(order=True)
class Entry:
    """A photograph in the line."""

    rank: int
    number: int
    job: Job = field(compare=False)
    on_outcome: OnOutcome = field(compare=False)


class Line:
    """A feed of the supervisor. All of it may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heap: list[Entry] = []
        self._waiting: dict[str, Entry] = {}  # by image; what is in the heap only was dropped
        self._in_hand: dict[str, Entry] = {}
        self._numbers = itertools.count()
        self._is_open = True
        self._wake: Callable[[], None] = lambda: None

    @property
    def is_open(self) -> bool:
        return self._is_open

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def in_hand(self) -> int:
        return len(self._in_hand)

    def add(self, job: Job, rank: int, on_outcome: OnOutcome) -> None:
        """Put a photograph at the end of its rank; `on_outcome` is called in another thread."""
        with self._lock:
            entry = Entry(rank, next(self._numbers), job, on_outcome)
            self._waiting[job.image] = entry
            heapq.heappush(self._heap, entry)
        self._wake()

    def drop(self, image: str) -> bool:
        """Takes a photograph out that nobody has begun; False: too late, or not there."""
        with self._lock:
            return self._waiting.pop(image, None) is not None

    def take(self, most: int) -> list[Job]:
        with self._lock:
            taken: list[Job] = []
            while self._heap and len(taken) < most:
                entry = heapq.heappop(self._heap)
                if self._waiting.get(entry.job.image) is entry:
                    del self._waiting[entry.job.image]
                    self._in_hand[entry.job.image] = entry
                    taken.append(entry.job)
            return taken

    def wakes(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def finished(self, outcome: Outcome) -> None:
        """Notify who waits for it."""
        with self._lock:
            entry = self._in_hand.pop(outcome.record.image)
        entry.on_outcome(outcome)

    def close(self) -> None:
        """Nothing more is taken. What waits stays where it is: batches go on after a restart."""
        with self._lock:
            self._is_open = False
            self._heap.clear()
        self._wake()
