"""Signals that ask for an end: a run in progress is told, anything else is interrupted at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from automask.errors import EXIT_SIGINT, EXIT_SIGTERM, EXIT_SIGUSR1, Interrupted

EXIT_CODES = {
    signal.SIGINT: EXIT_SIGINT,
    signal.SIGTERM: EXIT_SIGTERM,
    signal.SIGUSR1: EXIT_SIGUSR1,  # what batch systems send before they preempt a task
}


class Stop:
    """Whether a signal has asked for the end of a run, and how it wants to be told."""

    def __init__(self) -> None:
        self.exit_code: int | None = None
        self._wake: Callable[[], None] | None = None

    @property
    def is_wanted(self) -> bool:
        return self.exit_code is not None

    @contextmanager
    def told_to(self, wake: Callable[[], None]) -> Iterator[None]:
        """While this lasts, a signal calls `wake` (from a signal handler) instead of raising.

        A second SIGINT raises all the same: somebody is in a hurry.
        """
        self._wake = wake
        try:
            yield
        finally:
            self._wake = None

    def raise_if_wanted(self) -> None:
        """Raises Interrupted with the signal's exit code."""
        if self.exit_code is not None:
            raise Interrupted(self.exit_code)

    def hear(self, number: int, _: Any = None) -> None:
        """The handler of the signals."""
        is_again = self.is_wanted and number == signal.SIGINT
        if self.exit_code is None:
            self.exit_code = EXIT_CODES[signal.Signals(number)]
        if self._wake is None or is_again:
            raise Interrupted(self.exit_code)
        self._wake()


@contextmanager
def heard_signals() -> Iterator[Stop]:
    """SIGINT, SIGTERM and SIGUSR1 go to the `Stop` that this gives."""
    stop = Stop()
    try:
        before = {number: signal.signal(number, stop.hear) for number in EXIT_CODES}
    except ValueError:  # not the main thread: signals are the caller's affair
        yield stop
        return
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
