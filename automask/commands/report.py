"""The command `automask report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from automask.report.build import ReportFiles


def report_command(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Output folder of a run.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Write the page to this file.  (default: OUTPUT/report.html)"),
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder of the photographs, if they have moved.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Write the report of a run: what failed, what to check first, times."""
    from automask.show.console import make_console
    from automask.system.files import refuse_unwritable

    if out is not None:
        refuse_unwritable(out, "--out", ".html", ".htm")
    written = _write(make_console(), output, out, images)
    if open_:
        import webbrowser

        webbrowser.open(written.page.resolve().as_uri())


def report_after_run(console: Console, output: Path, images: Path | None = None) -> None:
    """Write the report of a run that has just ended; an error is printed and costs only the page.

    The run's exit code is about the masks, which are recorded. No fault of the page may change it.

    Args:
        console: For progress and errors.
        output: The output folder.
        images: The photographs; None: the input folder of the run.
    """
    from automask.show.console import shown

    try:
        _write(console, output, None, images)
    except Exception as error:
        reason = shown(f"{type(error).__name__}: {error}")
        console.print(f"[red]no report[/]: {reason}; the masks are not affected")


def _write(console: Console, output: Path, out: Path | None, images: Path | None) -> ReportFiles:
    from rich.progress import track

    from automask.report.build import write_report
    from automask.show.console import shown

    hidden = not console.is_terminal
    written = write_report(
        output,
        out,
        images,
        lambda drawn, total: track(
            drawn, "drawing the report", total, console=console, disable=hidden, transient=True
        ),
    )
    if written.without_picture:
        folder = written.photographs
        where = f"in {shown(str(folder))}" if folder else "where the run had them"
        console.print(
            f"{written.without_picture} photographs are not {where}: the report has no picture of "
            "them; --images FOLDER says where they are"
        )
    beside = f", with its pictures in {shown(written.folder.name)}/" if written.folder else ""
    console.print(f"report: {shown(str(written.page))}{beside}")
    return written
