"""Where a supervisor's jobs come from: all there at the start, or arriving while it works."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from automask.records import Job


class Feed(Protocol):
    """A source of jobs. Its methods are called from the supervisor's thread."""

    @property
    def is_open(self) -> bool:
        """Whether jobs may still come; workers are kept for them."""
        ...

    def take(self, most: int) -> list[Job]:
        """The next jobs, `most` at most: what is not taken may still change its order, or go."""
        ...

    def wakes(self, wake: Callable[[], None]) -> None:
        """Gives the function to call, from any thread, when there is something new."""
        ...


class AllAtOnce:
    """Jobs that are there from the start."""

    is_open = False

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._jobs = list(jobs)

    def take(self, most: int) -> list[Job]:  # noqa: ARG002  nothing will change them
        """All of them, once."""
        taken, self._jobs = self._jobs, []
        return taken

    def wakes(self, wake: Callable[[], None]) -> None:
        """Nothing new ever comes."""
