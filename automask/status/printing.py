"""What `automask status` and `automask merge` print, and the exit code that says the same."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automask.errors import ExitCode, UsageError, reraise_oserror
from automask.output.ledger import RECORDS
from automask.show.console import duration, reason, shown
from automask.status.status import Status

if TYPE_CHECKING:
    from rich.console import Console

SHOWN_FAILURES = 20
SHOWN_TASKS = 100


def exit_code(status: Status) -> int:
    """0 if everything is done, else 1."""
    return ExitCode.OK if status.is_done else ExitCode.SOME_FAILED


def refuse_other_folders(output: Path) -> None:
    """Raise UsageError if a folder is not the output of a run."""
    with reraise_oserror(UsageError, f"cannot look at {output}"):
        if not (output / RECORDS).is_dir():
            raise UsageError(f"{output} is not the output of a run: it has no folder {RECORDS}")


def print_status(console: Console, status: Status) -> None:
    """Print counts, rate, failures and tasks."""
    counts, rate, left = status.counts, status.images_per_hour, status.seconds_left
    console.print(
        f"{counts['ok']:,} masked, {counts['no_object']:,} without object, "
        f"{counts['failed']:,} failed, {status.left:,} left"
    )
    if rate is not None:
        time_left = f", {duration(left)} left" if left is not None and status.left else ""
        console.print(f"{rate:,.0f} images/h{time_left}")
    _print_tasks(console, status)
    for image, error in list(status.failures.items())[:SHOWN_FAILURES]:
        console.print(f"  failed {shown(image)}: {shown(reason(image, error))}")
    if len(status.failures) > SHOWN_FAILURES:
        console.print(f"  and {len(status.failures) - SHOWN_FAILURES} more, see --json")


def _print_tasks(console: Console, status: Status) -> None:
    """Print each task of an array; for a single run, whether it is running."""
    if not status.tasks and not any(status.counts.values()):
        console.print("  no task has started")

    for task in status.tasks[:SHOWN_TASKS]:
        state = "at work" if task.is_running else "ended early" if task.left else "finished"
        console.print(
            f"  {shown(task.task)} on {shown(task.host)}: {state}, {task.left:,} of "
            f"{task.images:,} left"
        )
    if len(status.tasks) > SHOWN_TASKS:
        console.print(f"  and {len(status.tasks) - SHOWN_TASKS} more tasks, see --json")
    if status.not_begun:
        console.print(f"  {status.not_begun:,} images belong to tasks that have not started")


def values(status: Status) -> dict[str, Any]:
    """The status as JSON values, for `--json`."""
    computed = {
        "left": status.left,
        "images_per_hour": status.images_per_hour,
        "seconds_left": status.seconds_left,
    }
    return {**status.counts, **computed, **asdict(status)}
