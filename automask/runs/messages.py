"""The messages of a run for programs: JSON objects, each with its `message_type`.

status   how far it is: at the start, and now and then
image    one image is finished; the fields of its record
summary  the run has ended; the same as the text at its end
error    the run has ended early: why, with what exit code, and whether the same command may do
         better later (`is_retryable`)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from automask.errors import AutomaskError, ExitCode, Interrupted
from automask.records import ImageRecord
from automask.runs.summary import RunSummary

Message = dict[str, Any]
Listener = Callable[[Message], None]

UNEXPECTED = 1  # Python's own exit code of an error that nobody foresaw


def status_message(total: int, done: int, failed: int) -> Message:
    return {"message_type": "status", "total": total, "done": done, "failed": failed}


def image_message(record: ImageRecord) -> Message:
    return {"message_type": "image", **asdict(record)}


def summary_message(summary: RunSummary) -> Message:
    """Seconds; failures are pairs of image and error, the first thousand."""
    return {
        "message_type": "summary",
        "exit_code": summary.exit_code,
        **asdict(summary),
        "output": str(summary.output.absolute()),
        "images_per_hour": summary.images_per_hour,
    }


def error_message(error: BaseException) -> Message:
    """Of our own errors their words; of others the class as well."""
    is_interrupt = isinstance(error, (Interrupted, KeyboardInterrupt))
    if is_interrupt:
        text = "interrupted"
    else:
        is_ours = isinstance(error, AutomaskError)
        text = str(error) if is_ours else f"{type(error).__name__}: {error}"
    return {
        "message_type": "error",
        "exit_code": getattr(error, "exit_code", ExitCode.SIGINT if is_interrupt else UNEXPECTED),
        "error": type(error).__name__,
        "message": text,
        "is_retryable": is_interrupt or getattr(error, "is_retryable", False),
    }


@dataclass
class Ending:
    """How a run ended; None: no run was made."""

    summary: RunSummary | None = None


@contextmanager
def told_at_end(listeners: Sequence[Listener]) -> Iterator[Ending]:
    """Send all listeners the summary that the block sets, or the error that ends it."""
    ending = Ending()
    try:
        yield ending
    except BaseException as error:
        for listener in listeners:
            listener(error_message(error))
        raise
    if ending.summary is not None:
        for listener in listeners:
            listener(summary_message(ending.summary))
