"""The command `automask reject`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def reject_command(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Output folder of a run.")],
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="Photographs, or their results' files.")
    ],
    reviewer: Annotated[str, typer.Option(help="Who says so, to be kept with it.")] = "",
) -> None:
    """Keep masks out of exports and training, without deleting them.

    A rerun leaves them alone; `automask accept` takes an image back.
    """
    from automask.output.decisions import REJECTED
    from automask.output.verdicts import decide
    from automask.show.console import make_console, shown

    images = decide(output, names, REJECTED, reviewer, "reject")
    console = make_console()
    for image in images:
        console.print(f"  rejected {shown(image)}")
    console.print(
        "run, export, tune and fit-choice leave them out from now on; automask accept takes back"
    )
