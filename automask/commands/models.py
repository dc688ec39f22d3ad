"""The command `automask models`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automask.commands.options import Json
from automask.show.console import make_console, shown

FIELDS = ("name", "family", "file", "sha256", "url", "size_bytes", "license")


def models_command(
    weights: Annotated[Path | None, typer.Option(help="Folder to search first.")] = None,
    json: Json = None,
) -> None:
    """List the checkpoints: size, license, whether each is here and verified."""
    if json is not None:
        _write_json(json, weights)
        return
    from rich.table import Column, Table

    from automask.sam.checkpoints import CHECKPOINTS
    from automask.sam.weights import check, search_folders

    table = Table(Column("name", no_wrap=True), "family", "size", "license", "state", box=None)
    table.add_column("file", overflow="fold")
    for checkpoint in CHECKPOINTS:
        file, state = check(checkpoint, weights)
        where = shown(str(file)) if file else checkpoint.file
        size = _megabytes(file.stat().st_size if file else checkpoint.size_bytes)
        table.add_row(checkpoint.name, checkpoint.family, size, checkpoint.license, state, where)
    console = make_console()
    console.print(table)
    console.print("looked in, first match wins:")
    for folder in search_folders(weights):
        console.print(f"  {shown(str(folder.absolute()))}")


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:,.0f} MB"


def _write_json(file: Path, weights: Path | None) -> None:
    """A list of checkpoints, each with its state; sizes in bytes."""
    from automask.sam.checkpoints import CHECKPOINTS
    from automask.sam.weights import check
    from automask.system.files import write_json

    listed = []
    for checkpoint in CHECKPOINTS:
        found, state = check(checkpoint, weights)
        values = {name: getattr(checkpoint, name) for name in FIELDS}
        listed.append({**values, "state": state, "found": found.absolute() if found else None})
    write_json(file, listed)
