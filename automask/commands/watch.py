"""The command `automask watch`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer


def watch_command(
    input_folder: Annotated[Path, typer.Argument(metavar="INPUT", help="Folder to watch.")],
    output_folder: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Folder for results.")],
    model: Annotated[
        str | None, typer.Option(help="A name of `automask models`, or a path.  (default: tiny)")
    ] = None,
    arch: Annotated[
        str | None, typer.Option(help="Architecture of a checkpoint given by path.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="auto, cpu, cuda, cuda:N or mps.  (default: auto)")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Images at once.")] = None,
    save: Annotated[
        list[str] | None, typer.Option(help="Results to write, by commas, as for run.  (trimap)")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with any setting.")] = None,
    settle: Annotated[
        float, typer.Option(min=0, help="Seconds that a file must have stayed as it is.")
    ] = 2.0,
    idle: Annotated[
        float | None, typer.Option(min=0, help="End after so many seconds without work.")
    ] = None,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write OUTPUT/report.html at the end.")
    ] = True,
    json: Annotated[
        Path | None,
        typer.Option("--json", help="JSON lines while it goes on, on standard output, or =FILE."),
    ] = None,
    log_file: Annotated[Path | None, typer.Option(help="File for a line for each image.")] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Only failures and the summary.")
    ] = False,
    on_finish: Annotated[
        str | None,
        typer.Option(metavar="CMD", help="Called at the end, the summary on standard input."),
    ] = None,
) -> None:
    """Mask a folder whose photographs keep arriving; the model stays loaded.

    Ends on a signal, or after --idle. Everything else is as in `automask run`.
    """
    from automask.watch.extra import refuse_without_watchfiles

    refuse_without_watchfiles()
    from automask.commands.report import report_after_run
    from automask.config import load_config
    from automask.runs.audience import audience
    from automask.runs.progress import Failures, print_summary
    from automask.runs.summary import Watcher
    from automask.runs.watchers import ImageLines
    from automask.show.console import make_unattended_console, shown, split_names
    from automask.system.signals import listen_for_signals
    from automask.watch.watch import Manner, watch_folder

    flags = {
        "input": input_folder, "output": output_folder, "model": model, "arch": arch,
        "device": device, "workers": workers,
        "save": split_names(",".join(save)) if save else None,
    }  # fmt: skip
    console = make_unattended_console(json)
    terminal: list[Watcher] = [Failures(console), *([] if quiet else [ImageLines(console)])]
    with audience(terminal, json, log_file, on_finish) as (watcher, ending):
        with listen_for_signals() as stop:
            settings = load_config(config, flags, os.environ)

            def say(fault: str) -> None:
                console.print(f"[red]not taken[/]: {shown(fault)}")

            summary = watch_folder(settings, Manner(settle, idle), watcher, stop, say, sys.argv)
        print_summary(console, summary)
        if report:
            report_after_run(console, settings.output, settings.input)
        ending.summary = summary
    raise typer.Exit(summary.exit_code)
