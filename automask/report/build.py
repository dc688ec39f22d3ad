"""A report from end to end: read, reckon, draw, write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from automask.errors import OutputError
from automask.image.write import write_atomic
from automask.report.night import tell_night
from automask.report.page import Material, render
from automask.report.pictures import Track, draw_all
from automask.report.read import Run, read_run
from automask.report.timing import tell_timing

NAME = "report.html"
MOST_INSIDE = 2000  # images; of more, the pictures lie in a folder beside the page
KEPT = ".report"  # in the output folder: what is drawn once and put into each new page


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
    inside = len(run.records) <= MOST_INSIDE
    folder = output / KEPT if inside else page.with_name(f"{page.stem}_files")
    try:
        drawn = draw_all(run, folder, track)
        material = Material(
            run, tell_night(run.records), tell_timing(run.records), drawn, page, inside
        )
        write_atomic(page, render(material).encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise OutputError(f"cannot write the report {page}: {error.strerror or error}") from error
    missing = sum(_lacks(run, number, one.picture) for number, one in enumerate(drawn))
    return Written(page, None if inside else folder, missing, run.photographs)


def _lacks(run: Run, number: int, picture: Path | None) -> bool:
    return picture is None and run.records[number].is_done
