"""The command line: find the command, run it, turn errors into messages and exit codes.

To add a command `automask some-name`:

1. write `automask/commands/some_name.py` with a function `some_name_command`;
2. add one row to `COMMANDS` (or to `DEVELOP`): its name, one line of help, its panel.

The module of a command is imported when that command is run, and by nothing else: `--help` reads
the table alone, and stays quick however many commands there are.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from automask.errors import AutomaskError, ExitCode, Interrupted
from automask.show.console import visible
from automask.system.cores import wait_without_spinning

EXIT_CODES = f"Exit codes: {'; '.join(f'{code:d} {code.meaning}' for code in ExitCode)}."

COMPLETE_VARIABLE = "_AUTOMASK_COMPLETE"  # set by the script of `automask completion`

NIGHT = "The night"
MORNING = "The morning after"
OWN_MODEL = "Your own model"
MEASURING = "Measuring"


class Row(NamedTuple):
    """One command in the list of `automask --help`."""

    name: str
    help: str
    panel: str | None = None


COMMANDS = (
    Row("run", "Mask every image of INPUT into OUTPUT; a rerun does only what is new.", NIGHT),
    Row("doctor", "Say what is wrong with this machine before a run, and the remedy.", NIGHT),
    Row("config", "Show every setting and where it came from, or their JSON Schema.", NIGHT),
    Row("watch", "Mask a folder whose photographs keep arriving; the model stays loaded.", NIGHT),
    Row("serve", "Answer over HTTP: photographs in, masks out; single ones and batches.", NIGHT),
    Row("status", "Show how far a run or a job array is, also while it is running.", NIGHT),
    Row("models", "List the checkpoints: size, license, whether each is here and verified.", NIGHT),
    Row("fetch", "Download checkpoints and verify their SHA-256.", NIGHT),
    Row("array", "Print a batch script that masks INPUT as a SLURM job array.", NIGHT),
    Row("merge", "Merge the ledgers of a job array's tasks into records/run.jsonl.", NIGHT),
    Row("completion", "Print what makes a shell complete commands and options.", NIGHT),
    Row("report", "Write the report of a run: what failed, what to check first, times.", MORNING),
    Row("records", "Show which images to check first, or export all records.", MORNING),
    Row("reject", "Keep masks out of exports and training, without deleting them.", MORNING),
    Row("accept", "Say that masks are good, or take a rejected one back.", MORNING),
    Row("review", "Settle doubtful masks in a browser: accept, correct, reject.", MORNING),
    Row("export", "Write the masks in the format of a training or labelling tool.", MORNING),
    Row("tune", "Adapt a model to your own reviewed masks; start with 20 of one kind.", OWN_MODEL),
    Row("train", "Train a segmenter, a student, on the masks of a run.", OWN_MODEL),
    Row("predict", "Mask every image of INPUT with a student.", OWN_MODEL),
    Row("export-student", "Write a student as ONNX, checked against torch.", OWN_MODEL),
    Row("eval", "Compare a folder of masks with true masks, whoever made them.", MEASURING),
    Row("compare", "Compare two runs over the same images: speed, cost, agreement.", MEASURING),
    Row("bench", "Measure how fast this machine masks: models, devices, generators.", MEASURING),
)  # fmt: skip

DEVELOP = (
    Row("eval-choice", "Measure the choice of the primary object against true masks."),
    Row("eval-filters", "Measure what each proposal filter costs: masks left, best IoU."),
    Row("eval-prompts", "Measure a model's answers to boxes and points, and its predicted IoU."),
    Row("fit-choice", "Fit the weights of the choice to your own labelled photographs."),
)


class LazyGroup(TyperGroup):
    """A group whose commands are rows of a table until one of them is run."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that `args` begins with, its module imported.

        Args:
            ctx: The context of this group.
            args: The rest of the command line, a command's name first.

        Returns:
            The name, the command, and the arguments left for it.
        """
        name, listed, rest = super().resolve_command(ctx, args)
        if name is None or listed is None or isinstance(listed, TyperGroup):
            return name, listed, rest
        if listed.hidden:
            _say(f"`{name}` is now `develop {name}`; the old name still works")
        from automask.commands.options import settle_json

        return name, load_command(name), settle_json(name, rest)


def load_command(name: str) -> Any:
    """The command of that name with all its options.

    Args:
        name: As typed, `eval-choice`.

    Returns:
        A command of click, ready to be invoked.
    """
    alone = typer.Typer(add_completion=False)
    alone.command(name, epilog=EXIT_CODES if name == "run" else None)(command_function(name))
    command = typer.main.get_command(alone)
    _escape(command)
    return command


def _escape(command: Any) -> None:
    """Keep brackets in help texts as they are: TRAIN/VAL[/TEST] is no markup of rich."""
    from rich.markup import escape

    for part in (command, *command.params):
        part.help = escape(getattr(part, "help", None) or "") or None


def command_function(name: str) -> Callable[..., None]:
    """The function that a command calls, its options as its parameters.

    Args:
        name: As typed, `eval-choice`.

    Returns:
        `eval_choice_command` of automask/commands/eval_choice.py.
    """
    module = name.replace("-", "_")
    function: Callable[..., None] = getattr(
        import_module(f"automask.commands.{module}"), f"{module}_command"
    )
    return function


def _list(group: typer.Typer, rows: Sequence[Row], hidden: bool = False) -> None:
    """Name the commands to `group` without importing them."""
    for row in rows:
        group.command(row.name, help=row.help, rich_help_panel=row.panel, hidden=hidden)(_unloaded)


def _unloaded() -> None:
    """Stands for a command in a list; LazyGroup puts the real one in its place."""


def _group(help: str, epilog: str | None = None) -> typer.Typer:
    return typer.Typer(
        cls=LazyGroup,
        no_args_is_help=True,
        add_completion=False,
        help=help,
        epilog=epilog,
        pretty_exceptions_enable=False,
    )


app = _group(
    "Mask every photograph of a folder: the primary object, as trimaps to train on.", EXIT_CODES
)
develop = _group("Measure and fit the choice of the primary object.")


def _tell_version(is_wanted: bool) -> None:
    if is_wanted:
        from automask import __version__

        print(f"automask {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Options before a command; each of them settles itself."""


_list(app, COMMANDS)
app.add_typer(develop, name="develop", rich_help_panel=MEASURING)
_list(develop, DEVELOP)
_list(app, DEVELOP, hidden=True)  # their names before 0.2.0


def main() -> None:
    """Entry point: run the command, and turn errors into messages and exit codes."""
    wait_without_spinning()
    if COMPLETE_VARIABLE in os.environ:
        _learn_shells()
    try:
        app()
    except AutomaskError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except (Interrupted, KeyboardInterrupt) as stop:
        told = getattr(stop, "told", "") or (
            "What a run has finished is recorded: run the same command to go on."
        )
        _say(f"Interrupted: {told}")
        sys.exit(getattr(stop, "exit_code", ExitCode.SIGINT))


def _learn_shells() -> None:
    """Typer registers its shells only where it also offers to install its script, as we do not."""
    from typer._completion_classes import completion_init

    completion_init()


def _say(message: str) -> None:
    """Print to stderr; a file name in the message must not reach the terminal unescaped."""
    lines = (visible(line) for line in f"automask: {message}".split("\n"))
    with suppress(OSError):  # a full disk under the log: the exit code still reports the error
        print(*lines, sep="\n", file=sys.stderr, flush=True)
