"""A report from end to end: read, summarise, draw, write."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from automask.errors import OutputError
from automask.report.page import Material, render
from automask.report.pictures import Track, draw_all
from automask.report.read import read_run
from automask.report.timeline import timeline_of
from automask.report.timing import timing_of
from automask.system.files import write_atomic
from automask.system.guard import alone

NAME = "report.html"
MOST_INSIDE = 2000  # images; with more, the pictures lie in a folder beside the page
KEPT = ".report"  # in the output folder: pictures drawn once and used in each new page
LOCK = ".lock"  # in the folder of pictures


@dataclass(frozen=True)
class ReportFiles:
    """The files of a report."""

    page: Path
    folder: Path | None  # of pictures beside it; None: they are inside
    without_picture: int  # images, failed ones left out
    photographs: Path | None  # where they were looked for


def write_report(
    output: Path,
    page: Path | None = None,
    photographs: Path | None = None,
    track: Track = lambda drawn, _total: drawn,
) -> ReportFiles:
    """Write the report of an output folder.

    Args:
        output: The output folder.
        page: The page; None: OUTPUT/report.html.
        photographs: Their folder; None: the input folder of the run.
        track: Wraps the images as they are drawn, given their number, to show progress.

    Returns:
        The files written.

    Raises:
        UsageError: There is no run.
        OutputError: Something cannot be written.
    """
    page = page or output / NAME
    run = read_run(output, photographs)
    timeline, timing = timeline_of(run.records), timing_of(run.records)
    inside = len(run.records) <= MOST_INSIDE
    try:
        with _place(output) if inside else nullcontext(_beside(page)) as folder, _alone(folder):
            drawn = draw_all(run, folder, track)
            text = render(Material(run, timeline, timing, drawn, page, inside))
            write_atomic(page, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise OutputError(f"cannot write the report {page}: {error.strerror or error}") from error
    missing = sum(
        one.picture is None and record.is_done
        for record, one in zip(run.records, drawn, strict=True)
    )
    return ReportFiles(page, None if inside else _beside(page), missing, run.photographs)


def _beside(page: Path) -> Path:
    """report.html -> report_files, the name that browsers use."""
    return page.with_name(f"{page.stem}_files")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Make a second report of an output, started while a run ends, wait for the first."""
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / LOCK):
        yield


@contextmanager
def _place(output: Path) -> Iterator[Path]:
    """The folder of embedded pictures; temporary if the output is not writable."""
    if os.access(output, os.W_OK):
        yield output / KEPT
        return
    with tempfile.TemporaryDirectory(prefix="automask-") as folder:
        yield Path(folder)
