"""The command `automask config`."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automask.commands.options import Json

if TYPE_CHECKING:
    from rich.console import Console

    from automask.show.settings import Setting


class What(str, Enum):
    """The subcommands of `automask config`."""

    show = "show"
    schema = "schema"


def config_command(
    what: Annotated[
        What, typer.Argument(help="show: every setting; schema: JSON Schema for editors.")
    ],
    flags: Annotated[
        list[str] | None, typer.Argument(help="After `--`: flags of `automask run`, to see theirs.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with any setting.")] = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only what is not as it comes.")
    ] = False,
    json: Json = None,
) -> None:
    """Show every setting and where it came from, or their JSON Schema."""
    import os
    from dataclasses import asdict

    from automask.show.console import make_console
    from automask.show.settings import schema, settings
    from automask.system.files import STDOUT, write_json

    if what is What.schema:
        write_json(json or STDOUT, schema())
        return
    found = settings(config, _given(flags or []), os.environ)
    found = [setting for setting in found if not changed or setting.source != "default"]
    if json is not None:
        write_json(json, [asdict(setting) for setting in found])
    else:
        print_settings(make_console(), found)


def _given(flags: list[str]) -> dict[str, Any]:
    """The settings that flags of `automask run` ask for, read by that command's own options."""
    from automask.cli import load_command
    from automask.commands.run import settings_of

    context = load_command("run").make_context("run", ["INPUT", "OUTPUT", *flags])
    return settings_of(context.params)


def print_settings(console: Console, settings: list[Setting]) -> None:
    """A line for each: name, value, source; then what it is for."""
    from rich.table import Column, Table

    from automask.show.console import shown

    table = Table(Column("setting", no_wrap=True), "value", "from", "meaning", box=None)
    for setting in settings:
        value = shown(str(setting.value if setting.value is not None else "-"))
        table.add_row(setting.name, value, setting.source, shown(setting.help))
    console.print(table)
