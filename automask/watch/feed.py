"""Jobs from the thread that watches to the supervisor."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable

from automask.records import Job


class WatchFeed:
    """A feed of the supervisor that is filled from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: deque[Job] = deque()
        self._in_hand = 0
        self._is_open = True
        self._wake: Callable[[], None] = lambda: None

    @property
    def is_open(self) -> bool:
        """Whether photographs may still arrive."""
        return self._is_open

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is in hand."""
        with self._lock:
            return not self._jobs and not self._in_hand

    def add(self, jobs: Iterable[Job]) -> None:
        """Hands jobs on, from any thread."""
        with self._lock:
            self._jobs.extend(jobs)
        self._wake()

    def take(self, most: int) -> list[Job]:
        """The next jobs, `most` at most."""
        with self._lock:
            taken = [self._jobs.popleft() for _ in range(min(most, len(self._jobs)))]
            self._in_hand += len(taken)
            return taken

    def finished(self) -> None:
        """One of those taken is done."""
        with self._lock:
            self._in_hand -= 1

    def close(self) -> None:
        """What waits is still done, and nothing more comes."""
        self._is_open = False
        self._wake()

    def wakes(self, wake: Callable[[], None]) -> None:
        """Gives the function that wakes the supervisor."""
        self._wake = wake
