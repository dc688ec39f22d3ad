"""The command `automask array`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer


def array_command(
    input_folder: Annotated[Path, typer.Argument(metavar="INPUT", help="Folder of photographs.")],
    output_folder: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Folder for results.")],
    run_flags: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- RUN FLAGS]", help="Flags of automask run, behind --."),
    ] = None,
    tasks: Annotated[int, typer.Option(min=1, help="Number of tasks.")] = 64,
    gpu: Annotated[bool, typer.Option("--gpu", help="Request a GPU for each task.")] = False,
    partition: Annotated[str | None, typer.Option(help="Partition of the cluster.")] = None,
    time: Annotated[
        str | None, typer.Option(help="Time limit of each task, such as 12:00:00.")
    ] = None,
    mem: Annotated[str | None, typer.Option(help="Memory of each task, such as 16G.")] = None,
    cpus: Annotated[int | None, typer.Option(min=1, help="Cores of each task.")] = None,
    logs: Annotated[Path, typer.Option(help="Folder for the logs of the tasks.")] = Path("."),
) -> None:
    """Print a batch script that masks INPUT as a SLURM job array."""
    from automask.errors import UsageError
    from automask.sharding.slurm import ArrayJob, script, size_warning

    for folder, what in ((input_folder, "input folder"), (logs, "folder for logs")):
        if not folder.is_dir():  # SLURM fails a task silently if it cannot write its log
            raise UsageError(f"{what} {folder} does not exist or is not a folder")
    job = ArrayJob(
        input=input_folder.absolute(),
        output=output_folder.absolute(),
        tasks=tasks,
        command=_command(),
        folder=Path.cwd(),
        flags=tuple(run_flags or ()),
        gpu=gpu,
        partition=partition,
        time=time,
        mem=mem,
        cpus=cpus,
        logs=logs,
    )
    text = script(job)
    _refuse_wrong_flags(job.flags)
    warning = size_warning(job)
    if warning is not None:
        print(f"automask: {warning}", file=sys.stderr)
    print(text, end="")


def _refuse_wrong_flags(flags: Sequence[str]) -> None:
    """Reads the flags as `automask run` will: better now than in the queue.

    Raises UsageError, ConfigError, and click's own errors.
    """
    import os

    from automask.cli import load_command
    from automask.commands.run import settings_of
    from automask.config import load_config

    context = load_command("run").make_context("run", ["INPUT", "OUTPUT", *flags])
    load_config(context.params["config"], settings_of(context.params), os.environ)


def _command() -> tuple[str, ...]:
    """The command that started this automask, for a shell with another PATH."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return (sys.executable, "-m", "automask")
    return (str(program.absolute()),)
