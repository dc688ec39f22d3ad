"""The command `automask merge`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automask.commands.report import report_after_run
from automask.show.console import make_console


def merge_command(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Output folder of a run.")],
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write OUTPUT/report.html.")
    ] = True,
) -> None:
    """Merge the ledgers of a job array's tasks into records/run.jsonl."""
    from automask.status.merge import merge_output
    from automask.status.printing import exit_code, print_status, refuse_other_folders

    refuse_other_folders(output)
    status, console = merge_output(output), make_console()
    print_status(console, status)
    if report:
        report_after_run(console, output)
    raise typer.Exit(exit_code(status))
