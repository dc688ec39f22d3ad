"""The command `automask status`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automask.commands.options import Json
from automask.show.console import make_console


def status_command(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Output folder of a run.")],
    json: Json = None,
) -> None:
    """Show how far a run or a job array is, also while it is running.

    The exit code is 0 when everything is done.
    """
    from automask.status.printing import exit_code, print_status, refuse_other_folders, values
    from automask.status.status import read_status
    from automask.system.files import write_json

    refuse_other_folders(output)
    status = read_status(output)
    if json is not None:
        write_json(json, values(status))
    else:
        print_status(make_console(), status)
    raise typer.Exit(exit_code(status))
