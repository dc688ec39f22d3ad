"""The command line: parse, call one function, print; errors become exit codes here."""

from __future__ import annotations

import sys
from contextlib import suppress

import typer

from automask.commands.array import array_command
from automask.commands.bench import bench_command
from automask.commands.compare import compare_command
from automask.commands.eval import eval_command
from automask.commands.eval_choice import eval_choice_command
from automask.commands.eval_filters import eval_filters_command
from automask.commands.eval_prompts import eval_prompts_command
from automask.commands.export import export_command
from automask.commands.fetch import fetch_command
from automask.commands.fit_choice import fit_choice_command
from automask.commands.merge import merge_command
from automask.commands.models import models_command
from automask.commands.records import records_command
from automask.commands.report import report_command
from automask.commands.run import run_command
from automask.commands.status import status_command
from automask.commands.tune import tune_command
from automask.errors import EXIT_SIGINT, AutomaskError, Interrupted
from automask.show.console import visible

EXIT_CODES = (
    "Exit codes: 0 every image has a mask or no object; 1 some images failed; 2 wrong usage, "
    "config or collision; 3 weights missing or not verified; 4 the device is not there; 5 another "
    "run writes there; 130/138/143 interrupted by SIGINT/SIGUSR1/SIGTERM, safe to rerun."
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Masks every photograph of a folder: the primary object, as trimaps to train on.",
    epilog=EXIT_CODES,
    pretty_exceptions_enable=False,
)

app.command("run", epilog=EXIT_CODES)(run_command)
app.command("models")(models_command)
app.command("fetch")(fetch_command)
app.command("eval-choice")(eval_choice_command)
app.command("fit-choice")(fit_choice_command)
app.command("eval-prompts")(eval_prompts_command)
app.command("tune")(tune_command)
app.command("array")(array_command)
app.command("bench")(bench_command)
app.command("eval")(eval_command)
app.command("report")(report_command)
app.command("compare")(compare_command)
app.command("records")(records_command)
app.command("status")(status_command)
app.command("merge")(merge_command)
app.command("export")(export_command)
app.command("eval-filters")(eval_filters_command)


def main() -> None:
    """Entry point: runs the command and turns errors into messages and exit codes."""
    try:
        app()
    except AutomaskError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except (Interrupted, KeyboardInterrupt) as stop:
        _complain(
            "interrupted; what a run has finished is recorded, run the same command to go on "
            "(without --overwrite, which would begin again); other commands begin again"
        )
        sys.exit(getattr(stop, "exit_code", EXIT_SIGINT))


def _complain(message: str) -> None:
    """The lines of a message are ours; a file's name in it must not reach the terminal as it is."""
    lines = (visible(line) for line in f"automask: {message}".split("\n"))
    with suppress(OSError):  # a full disk under the log: the exit code says it still
        print(*lines, sep="\n", file=sys.stderr, flush=True)
