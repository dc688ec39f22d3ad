"""A report from end to end: read, reckon, draw, write."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from automask.errors import OutputError
from automask.report.page import Material, render
from automask.report.pictures import Track, draw_all
from automask.report.read import read_run
from automask.report.timeline import timeline_of
from automask.report.timing import tell_timing
from automask.system.files import write_atomic

NAME = "report.html"
MOST_INSIDE = 2000  # images; of more, the pictures lie in a folder beside the page
KEPT = ".report"  # in the output folder: what is drawn once and put into each new page
LOCK = ".lock"  # in the folder of pictures


@dataclass(frozen=True)
class Written:
    """What a report came to."""

    page: Path
    folder: Path | None  # of pictures beside it; None: they are inside
    without_picture: int  # images, failed ones left out
    photographs: Path | None  # where they were looked for


def write_report(
    output: Path,
    page: Path | None = None,
    photographs: Path | None = None,
    track: Track = lambda drawn, _total: drawn,
) -> Written:
    """Writes the page of an output folder's run. page: None is OUTPUT/report.html.

    photographs: where they are; None: where the run had them. track: is handed the images as they
    are drawn and how many there are, and hands them on.

    Raises UsageError where there is no run, OutputError where something cannot be written.
    """
    page = page or output / NAME
    run = read_run(output, photographs)
    timeline, timing = timeline_of(run.records), tell_timing(run.records)
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
    return Written(page, None if inside else _beside(page), missing, run.photographs)


def _beside(page: Path) -> Path:
    """report.html -> report_files, as browsers call such a folder."""
    return page.with_name(f"{page.stem}_files")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """A second report of one output, by hand while a run ends, waits for the first."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / LOCK):
        yield


@contextmanager
def _place(output: Path) -> Iterator[Path]:
    """Where pictures for the page's inside are drawn; other people's output keeps none of them."""
    if os.access(output, os.W_OK):
        yield output / KEPT
        return
    with tempfile.TemporaryDirectory(prefix="automask-") as folder:
        yield Path(folder)
