"""Options that more than one command has, and what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[
    Path | None, typer.Option("--json", help="As JSON on standard output; --json=FILE: there.")
]
FILE_MAY_FOLLOW = frozenset(("eval", "compare", "bench"))  # `--json FILE` from the start


def settle_json(command: str, arguments: list[str]) -> list[str]:
    """Gives a bare `--json` its value, `-`: standard output.

    A word after it belongs to it in the commands that always took a file there; in the others it is
    an argument, as in `automask status --json OUTPUT`.
    """
    settled = list(arguments)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    for place, argument in enumerate(arguments[:end]):
        following = arguments[place + 1 : end][:1]
        is_file = command in FILE_MAY_FOLLOW and following and not following[0].startswith("--")
        if argument == "--json" and not is_file:
            settled[place] = "--json=-"
    return settled


def speed_flags(points: str | None, exact: bool) -> dict[str, str | None]:
    """The settings of --points and --exact; the latter is nearest to the stock generator."""
    return {"points": "full", "precision": "float32"} if exact else {"points": points}
