"""The watchers of a run: the terminal, a log, programs, and a command at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console

from automask.errors import UsageError
from automask.runs.finish import OnFinish
from automask.runs.messages import Ending, Listener, told_at_end
from automask.runs.progress import Failures, make_progress
from automask.runs.summary import Watcher
from automask.runs.watchers import ImageLines, JsonLines, LogLines, Together, line_stream


def on_terminal(console: Console, verbose: bool, quiet: bool) -> list[Watcher]:
    """Who shows a run to people. Raises UsageError."""
    if verbose and quiet:
        raise UsageError("--verbose and --quiet do not go together")
    if quiet:
        return [Failures(console)]
    return [make_progress(console), *([ImageLines(console)] if verbose else [])]


@contextmanager
def audience(
    terminal: Sequence[Watcher], json: Path | None, log_file: Path | None, on_finish: str | None
) -> Iterator[tuple[Watcher, Ending]]:
    """The watcher of a run, and the ending that its command sets.

    terminal: who shows it to people. Raises UsageError where a file cannot be written, or the
    command is none.
    """
    watchers = list(terminal)
    listeners: list[Listener] = []
    last = OnFinish.parse(on_finish) if on_finish is not None else None
    with ExitStack() as open_files:
        if log_file is not None:
            log = LogLines(open_files.enter_context(line_stream(log_file, "--log-file", "a")))
            watchers.append(log)
            listeners.append(log.tell)
        if json is not None:
            lines = JsonLines(open_files.enter_context(line_stream(json, "--json", "w")))
            watchers.append(lines)
            listeners.append(lines.tell)
        if last is not None:
            listeners.append(last.tell)
        with told_at_end(listeners) as ending:
            yield Together(watchers), ending
