"""The command `automask doctor`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from automask.commands.options import Json

if TYPE_CHECKING:
    from rich.console import Console

    from automask.doctor.finding import Finding

COLOURS = {"ok": "green", "warning": "yellow", "fault": "red"}


def doctor_command(
    model: Annotated[
        str | None,
        typer.Option(
            help="A name from `automask models`, or a checkpoint's path.  (default: tiny)"
        ),
    ] = None,
    arch: Annotated[
        str | None, typer.Option(help="Architecture of a checkpoint given by path.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="auto, cpu, cuda, cuda:N or mps.  (default: auto)")
    ] = None,
    input_folder: Annotated[
        Path | None, typer.Option("--input", help="Folder of photographs, to look at as well.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder for results.  (default: the current one)")
    ] = None,
    json: Json = None,
) -> None:
    """Say what is wrong with this machine before a run, and the remedy.

    Exit code 1 where a run would fail.
    """
    from dataclasses import asdict

    from automask.config import load_config
    from automask.doctor.checkup import Patient, examine
    from automask.doctor.finding import exit_code
    from automask.show.console import make_console
    from automask.system.files import write_json

    flags = {"model": model, "arch": arch, "device": device}
    config = load_config(None, {"input": Path(), "output": Path(), **flags}, os.environ)
    console, findings = make_console(), []
    for finding in examine(Patient(config, input_folder, output)):
        findings.append(finding)
        if json is None:
            print_finding(console, finding)
    if json is not None:
        values = {"exit_code": exit_code(findings), "findings": [asdict(f) for f in findings]}
        write_json(json, values)
    raise typer.Exit(exit_code(findings))


def print_finding(console: Console, finding: Finding) -> None:
    """A line, and a second one with the remedy where there is one."""
    from automask.show.console import shown

    state = f"[{COLOURS[finding.state]}]{finding.state:8}[/]"
    console.print(f"{state} {finding.check:17} {shown(finding.text)}")
    if finding.remedy:
        console.print(f"{'':26} {shown(finding.remedy)}")
