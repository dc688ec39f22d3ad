"""The command `automask review`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def review_command(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Output folder of a run.")],
    queue: Annotated[
        str, typer.Option(help="confidence, flags, failed, no_object, all, or sample:N.")
    ] = "confidence",
    model: Annotated[
        str | None,
        typer.Option(help="Another than the run's to click with; none: by hand alone."),
    ] = None,
    reviewer: Annotated[
        str | None, typer.Option(help="Your name in the decisions.  (default: the user's)")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder of the photographs, if they have moved.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0: any.  (default: 8765, or the next)")
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine's can reach it.")
    ] = "127.0.0.1",
) -> None:
    """Settle doubtful masks in a browser: accept, correct, reject."""
    from getpass import getuser

    from automask.review.start import review
    from automask.show.console import make_console

    name = getuser() if reviewer is None else reviewer
    review(output, queue, name, make_console(), images, model, device, host, port)
