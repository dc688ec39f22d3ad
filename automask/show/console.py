"""Console output and list options, shared by all commands."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from automask.system.files import STDOUT

if TYPE_CHECKING:
    from rich.console import Console

LOG_WIDTH = 250  # characters; wider than any table


class Lossy:
    """A text stream that silently drops what cannot be written, and everything after it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what can be written."""
        with self._lost():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        with self._lost():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _lost(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())  # flushes what is buffered, too
            os.close(nowhere)


def make_console(stream: TextIO | None = None) -> Console:
    """A console on standard output or a stream, as wide as the terminal or as a log."""
    from rich.console import Console

    stream = stream or sys.stdout
    if stream is None:  # closed by the parent process
        return Console(quiet=True)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that the locale cannot spell
    if stream.isatty():
        return Console(file=stream, emoji=False, highlight=False)
    # A log has no width: one message stays one line.
    return Console(file=stream, soft_wrap=True, width=LOG_WIDTH, emoji=False, highlight=False)


def console_beside(data: Path | None) -> Console:
    """For people: standard output, unless data for programs is printed there (`-`)."""
    return make_console(sys.stderr if data == STDOUT else None)


def make_unattended_console(data: Path | None = None) -> Console:
    """For a run, which a full disk under its log, or a closed terminal, does not end.

    data: where data for programs goes, see `console_beside`.
    """
    stream = sys.stderr if data == STDOUT else sys.stdout
    return make_console(cast("TextIO", Lossy(stream)) if stream else None)


def split_names(text: str | None) -> list[str] | None:
    """The parts of a comma-separated option; None if it was not given."""
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def shown(name: str) -> str:
    """A file name or message as one harmless line: no control characters, no markup."""
    from rich.markup import escape

    return escape(visible(name))


def quoted(path: object) -> str:
    """A path in a command that is to be pasted into a shell, harmless on the terminal."""
    return shown(shlex.quote(str(path)))


def reason(image: str, error: str | None) -> str:
    """Why an image failed, without its name, which stands beside it already."""
    text, name = error or "", image.rpartition("/")[2]
    for said in (image, name, repr(name), ascii(name)):
        if text.startswith(f"{said}: "):
            return text[len(said) + 2 :]
    return text


def visible(name: str) -> str:
    """A file name or message as one line with invisible characters escaped.

    Control characters, bidirectional marks, and bytes that are not text.
    """
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


def duration(seconds: float) -> str:
    """12 s, 3 min 20 s, 7 h 05 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
