"""Signals that ask for an end become an exception."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from automask.errors import EXIT_SIGINT, EXIT_SIGTERM, Interrupted


@contextmanager
def signals_raise() -> Iterator[None]:
    """SIGINT and SIGTERM raise Interrupted in the main thread, so that what is open gets closed."""

    def stop(number: int, _: Any) -> None:
        raise Interrupted(EXIT_SIGINT if number == signal.SIGINT else EXIT_SIGTERM)

    try:
        before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread: signals are the caller's affair
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
