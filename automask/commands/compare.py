"""The command `automask compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automask.commands.options import Json


def compare_command(
    a: Annotated[Path, typer.Argument(metavar="RUN_A", help="Output folder of a run.")],
    b: Annotated[
        Path, typer.Argument(metavar="RUN_B", help="Output folder of a run over the same images.")
    ],
    json: Json = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with everything, .html.")] = None,
    price_a: Annotated[
        float | None, typer.Option(min=0, help="Price of an hour of A's machines.")
    ] = None,
    price_b: Annotated[
        float | None, typer.Option(min=0, help="Price of an hour of B's machines.")
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of the photographs, for the page.  (default: from run.json)"),
    ] = None,
) -> None:
    """Compare two runs over the same images: speed, cost, agreement.

    CPU and GPU, two models, two settings.
    """
    from rich.progress import track

    from automask.compare.comparison import Options, compare
    from automask.compare.different import most_different
    from automask.compare.page import page
    from automask.compare.report import write_json
    from automask.compare.table import print_comparison
    from automask.show.console import console_beside, shown
    from automask.system.files import STDOUT, refuse_unwritable, write_text

    if json is not None:
        refuse_unwritable(json, "--json")
    if html is not None:
        refuse_unwritable(html, "--html", ".html", ".htm")
    console = console_beside(json)
    hidden = not console.is_terminal
    comparison = compare(
        Options(a, b, price_a, price_b, images),
        lambda outcomes, total: track(
            outcomes, "comparing", total, console=console, disable=hidden
        ),
    )
    print_comparison(console, comparison)
    if json is not None:
        write_json(json, comparison)
    if html is not None:
        write_text(html, page(comparison, most_different(comparison)))
    for file in (json, html):
        if file not in (None, STDOUT):
            console.print(shown(f"written: {file}"))
    raise typer.Exit(comparison.exit_code)
