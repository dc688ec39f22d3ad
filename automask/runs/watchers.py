"""Watchers of a run besides the terminal."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TextIO, cast

from rich.console import Console

from automask.errors import UsageError, reraise_oserror
from automask.records import FAILED, ImageRecord
from automask.runs.messages import Message, image_message, status_message
from automask.runs.summary import Watcher
from automask.show.console import Lossy, shown, visible
from automask.system.files import STDOUT

STATUS_SECONDS = 30.0


class Together:
    """Several watchers as one."""

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        self.watchers = watchers

    def begin(self, total: int, done_before: int) -> None:
        for watcher in self.watchers:
            watcher.begin(total, done_before)

    def finished(self, record: ImageRecord) -> None:
        for watcher in self.watchers:
            watcher.finished(record)

    def end(self) -> None:
        for watcher in self.watchers:
            watcher.end()


class JsonLines:
    """A JSON object a line: `status`, `image`, and at the end `summary` or `error`."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def begin(self, total: int, done_before: int) -> None:
        self.total, self.done, self.failed = total, done_before, 0
        self._status()

    def finished(self, record: ImageRecord) -> None:
        self.done += 1
        self.failed += record.status == FAILED
        self.tell(image_message(record))
        if time.monotonic() - self.last_status >= STATUS_SECONDS:
            self._status()

    def end(self) -> None:
        self._status()

    def tell(self, message: Message) -> None:
        """Writes a line at once: who reads it acts on it."""
        self.stream.write(json.dumps(message, default=str) + "\n")
        self.stream.flush()

    def _status(self) -> None:
        self.last_status = time.monotonic()
        self.tell(status_message(self.total, self.done, self.failed))


class LogLines:
    """A line for each image, `TIME LEVEL IMAGE: what became of it`, and for what concerns all."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def begin(self, total: int, done_before: int) -> None:
        self._line("info", "run", f"begins, {total:,} images, {done_before:,} done before")

    def finished(self, record: ImageRecord) -> None:
        level = "error" if record.status == FAILED else "info"
        self._line(level, record.image, became(record))

    def end(self) -> None:
        """The summary reports it."""

    def tell(self, message: Message) -> None:
        """The end: a summary or an error."""
        if message["message_type"] == "error":
            self._line("error", "run", f"{message['message']} (exit code {message['exit_code']})")
            return
        counts = ", ".join(f"{message[kind]} {kind}" for kind in ("ok", "no_object", "failed"))
        self._line("info", "run", f"ended, {counts} (exit code {message['exit_code']})")

    def _line(self, level: str, what: str, text: str) -> None:
        at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.stream.write(f"{at} {level:5} {visible(what)}: {visible(text)}\n")
        self.stream.flush()


class ImageLines:
    """A line on the terminal for each image that did not fail; failures are shown anyway."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def begin(self, total: int, done_before: int) -> None:
        """Nothing is finished yet."""

    def finished(self, record: ImageRecord) -> None:
        if record.status != FAILED:
            self.console.print(f"{shown(record.image)}: {became(record)}")

    def end(self) -> None:
        """Each line has been printed."""


def became(record: ImageRecord) -> str:
    """What became of an image: status, confidence, seconds; or the error."""
    if record.status == FAILED:
        return f"failed: {record.error}"
    flags = f", {' '.join(record.flags)}" if record.flags else ""
    return f"{record.status}, confidence {record.confidence}, {record.seconds_total} s{flags}"


@contextmanager
def line_stream(file: Path, option: str, mode: str) -> Iterator[TextIO]:
    """A file to write lines to, or standard output. A disk that is full later ends no run.

    mode: w, or a to go on after what is there. Raises UsageError where it cannot be opened.
    """
    if file == STDOUT:
        yield cast("TextIO", Lossy(sys.stdout))
        return
    with reraise_oserror(UsageError, f"cannot write {option} {file}"):
        file.parent.mkdir(parents=True, exist_ok=True)
        stream = file.open(mode, encoding="utf-8", errors="backslashreplace")
    lossy = Lossy(cast("TextIO", stream))
    try:
        yield cast("TextIO", lossy)
    finally:
        lossy.flush()
        stream.close()
