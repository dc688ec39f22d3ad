"""The command `automask fetch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automask.show.console import make_console, shown


def fetch_command(
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Names of checkpoints.")],
    weights: Annotated[Path | None, typer.Option(help="Folder for the files.")] = None,
) -> None:
    """Download checkpoints and verify their SHA-256."""
    from automask.sam.weights import fetch

    for name in names:
        file = fetch(name, weights)
        make_console().print(shown(f"{name}: {file}, verified"))
