"""The command `automask accept`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def accept_command(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Output folder of a run.")],
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="Photographs, or their results' files.")
    ],
    reviewer: Annotated[str, typer.Option(help="Who says so, to be kept with it.")] = "",
) -> None:
    """Say that masks are good, or take a rejected one back."""
    from automask.output.decisions import ACCEPTED
    from automask.output.verdicts import decide
    from automask.show.console import make_console, shown

    console = make_console()
    for image in decide(output, names, ACCEPTED, reviewer, "accept"):
        console.print(f"  accepted {shown(image)}")
