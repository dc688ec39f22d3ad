"""The commands `automask status` and `automask merge`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automask.console import make_console
from automask.errors import EXIT_OK, EXIT_SOME_FAILED, UsageError, told_as
from automask.report.command import report_after_run

if TYPE_CHECKING:
    from rich.console import Console

    from automask.status.status import Status

SHOWN_FAILURES = 20
SHOWN_TASKS = 100
Output = Annotated[Path, typer.Argument(metavar="OUTPUT", help="Folder of results.")]


def status_command(
    output: Output,
    as_json: Annotated[
        bool, typer.Option("--json", help="For programs; with all failures.")
    ] = False,
) -> None:
    """How far a run, or a job array, is; works while it goes on. Exit code 0 when all is done."""
    from automask.status.status import read_status

    _refuse_other_folders(output)
    status = read_status(output)
    if as_json:
        typer.echo(json.dumps(_values(status), indent=2))
    else:
        _print(make_console(), status)
    raise typer.Exit(_exit_code(status))


def merge_command(
    output: Output,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write OUTPUT/report.html.")
    ] = True,
) -> None:
    """Make one ledger, records/run.jsonl, of those that a job array's tasks have written."""
    from automask.status.merge import merge_output

    _refuse_other_folders(output)
    status, console = merge_output(output), make_console()
    _print(console, status)
    if report:
        report_after_run(console, output)
    raise typer.Exit(_exit_code(status))


def _exit_code(status: Status) -> int:
    return EXIT_OK if status.is_done else EXIT_SOME_FAILED


def _refuse_other_folders(output: Path) -> None:
    from automask.records import RECORDS

    with told_as(UsageError, f"cannot look at {output}"):
        if not (output / RECORDS).is_dir():
            raise UsageError(f"{output} is not the output of a run: it has no folder {RECORDS}")


def _print(console: Console, status: Status) -> None:
    from automask.progress import duration, shown

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
        console.print(f"  failed {shown(image)}: {shown(error)}")
    if len(status.failures) > SHOWN_FAILURES:
        console.print(f"  and {len(status.failures) - SHOWN_FAILURES} more, see --json")


def _print_tasks(console: Console, status: Status) -> None:
    """Each task of an array; of a single run, whether it is at work."""
    from automask.progress import shown

    if not status.tasks and not any(status.counts.values()):
        console.print("  no task has begun")

    for task in status.tasks[:SHOWN_TASKS]:
        state = "at work" if task.is_running else "ended early" if task.left else "finished"
        console.print(
            f"  {shown(task.task)} on {shown(task.host)}: {state}, {task.left:,} of "
            f"{task.images:,} left"
        )
    if len(status.tasks) > SHOWN_TASKS:
        console.print(f"  and {len(status.tasks) - SHOWN_TASKS} more tasks, see --json")
    if status.not_begun:
        console.print(f"  {status.not_begun:,} images are of tasks that have not begun")


def _values(status: Status) -> dict[str, Any]:
    computed = {
        "left": status.left,
        "images_per_hour": status.images_per_hour,
        "seconds_left": status.seconds_left,
    }
    return {**status.counts, **computed, **asdict(status)}
