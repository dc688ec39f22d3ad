"""Signals to stop: a run stops in order, anything else is interrupted at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from automask.errors import ExitCode, Interrupted

EXIT_CODES = {
    signal.SIGINT: ExitCode.SIGINT,
    signal.SIGTERM: ExitCode.SIGTERM,
    signal.SIGUSR1: ExitCode.SIGUSR1,  # what batch systems send before they preempt a task
}


class Stop:
    """Whether a signal asked a run to stop, and how the run is notified."""

    def __init__(self) -> None:
        self.exit_code: int | None = None
        self._wake: Callable[[], None] | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether a signal has arrived."""
        return self.exit_code is not None

    @contextmanager
    def calling(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call `wake` (from the signal handler) on a signal, instead of raising.

        A second SIGINT raises anyway, to stop at once.

        Args:
            wake: Called without arguments.

        Yields:
            Nothing.
        """
        self._wake = wake
        try:
            yield
        finally:
            self._wake = None

    def raise_if_wanted(self) -> None:
        """Raise Interrupted with the signal's exit code, if there was a signal."""
        if self.exit_code is not None:
            raise Interrupted(self.exit_code)

    def _handle(self, number: int, _: Any = None) -> None:
        """The handler of the signals."""
        is_again = self.is_wanted and number == signal.SIGINT
        if self.exit_code is None:
            self.exit_code = EXIT_CODES[signal.Signals(number)]
        if self._wake is None or is_again:
            raise Interrupted(self.exit_code)
        self._wake()


@contextmanager
def listen_for_signals() -> Iterator[Stop]:
    """Handle SIGINT, SIGTERM and SIGUSR1 by the `Stop` that this yields."""
    stop = Stop()
    try:
        before = {number: signal.signal(number, stop._handle) for number in EXIT_CODES}
    except ValueError:  # not the main thread: the caller handles signals
        yield stop
        return
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
