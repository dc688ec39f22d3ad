"""The workers of a server, in a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from automask.image.process import Outcome
from automask.runs.dispatch import outcomes_here
from automask.runs.prepare import Prepared
from automask.serve.line import Line
from automask.system.signals import Stop


class Engine:
    """Takes photographs from the line until it is closed."""

    def __init__(self, prepared: Prepared, line: Line, heard: Callable[[Outcome], None]) -> None:
        """heard: is called with each outcome, before the one who waits for it."""
        self.prepared, self.line, self.heard = prepared, line, heard
        self.fault: Exception | None = None  # why the workers are gone
        self.on_fault: Callable[[], None] = lambda: None
        self._stop = Stop()
        self._thread = threading.Thread(target=self._work, name="workers")

    @property
    def is_well(self) -> bool:
        return self._thread.is_alive() and self.fault is None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Works while this lasts. At the end what is in hand may be finished, for some seconds."""
        self._thread.start()
        try:
            yield
        finally:
            self._stop.exit_code = 0
            self.line.close()
            self._thread.join()

    def _work(self) -> None:
        try:
            for outcome in outcomes_here(self.line, self.prepared, 0, self._stop):
                self.heard(outcome)
                self.line.finished(outcome)
        except Exception as error:  # this thread's end must be heard of
            self.fault = error
            self.on_fault()
