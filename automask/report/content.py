"""The images as JSON for the page's script, with every name escaped for display."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from automask.image.write import FOLDERS
from automask.records import FAILED, ImageRecord
from automask.report.outline import result_file
from automask.report.pictures import Drawn
from automask.report.read import Run, review_queue
from automask.report.timing import stage_seconds
from automask.show.console import visible

TOP_FOLDER = "(the input folder itself)"


@dataclass(frozen=True)
class Links:
    """The addresses of results and photographs from the page; None: unknown."""

    output: str | None
    photographs: str | None


def links_from(page: Path, run: Run) -> Links:
    """Relative addresses, so that a folder can be moved as a whole."""
    return Links(
        _relative(run.output, page.parent),
        _relative(run.photographs, page.parent) if run.photographs is not None else None,
    )


def folder_of(record: ImageRecord) -> str:
    """The folder of an image within the input, for display; "" for the input itself."""
    return visible(record.image.rpartition("/")[0])


def folder_counts(records: Iterable[ImageRecord]) -> dict[str, int]:
    """The number of images in and below each folder that has some, sorted by name."""
    counts: dict[str, int] = {}
    for record in records:
        parts = folder_of(record).split("/")
        for length in range(1, len(parts) + 1):
            folder = "/".join(parts[:length])
            counts[folder] = counts.get(folder, 0) + 1
    return dict(sorted(counts.items()))


def rows(run: Run, drawn: Sequence[Drawn], links: Links, inside: bool, page: Path) -> list[Any]:
    """One dict for each image, in the order of the records. inside: pictures are embedded."""
    failed = [record for record in run.records if record.status == FAILED]  # first
    rank = {record.image: place for place, record in enumerate([*failed, *review_queue(run)])}
    return [
        {
            **_row(record, links),
            "check": run.needs_look(record),
            "outline": one.outline,
            "rank": rank.get(record.image, len(rank)),
            "file": None if inside or one.picture is None else _beside(one.picture, page),
        }
        for record, one in zip(run.records, drawn, strict=True)
    ]


def to_json(values: Any) -> str:
    """JSON that is safe inside a <script>: ASCII, without anything that ends the element."""
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _row(record: ImageRecord, links: Links) -> dict[str, Any]:
    return {
        "name": visible(record.image),
        "folder": folder_of(record),
        "status": record.status,
        "confidence": record.confidence,
        "area": record.area_fraction,
        "seconds": record.seconds_total,
        "stages": [round(seconds, 4) for seconds in stage_seconds(record).values()],
        "flags": [visible(flag) for flag in record.flags],
        "error": visible(record.error) if record.error else None,
        "width": record.width,
        "height": record.height,
        "links": list(_links(record, links)),
        "more": list(_more(record)),
    }


def _links(record: ImageRecord, links: Links) -> Iterable[tuple[str, str]]:
    if links.photographs is not None:
        yield "photograph", f"{links.photographs}/{_quoted(record.image)}"
    for kind in FOLDERS:
        file = result_file(record, kind)
        if file is not None and links.output is not None:
            yield kind, f"{links.output}/{_quoted(file)}"


def _more(record: ImageRecord) -> Iterable[tuple[str, str]]:
    """The values shown only in the large view."""
    if record.objects is not None:
        yield "objects", str(record.objects)
    # What was reduced when memory ran short: nothing is downgraded silently.
    if record.steps:
        yield "done with less memory", visible(", ".join(record.steps))
    if record.notes:
        yield "notes", visible("; ".join(record.notes))
    if record.attempts > 1:
        yield "attempts", str(record.attempts)
    yield "worker", visible(record.worker)
    yield "begun", visible(record.started_at)


def _relative(folder: Path, start: Path) -> str | None:
    try:
        return _quoted(Path(os.path.relpath(folder.resolve(), start.resolve())).as_posix())
    except ValueError:  # another drive
        return None


def _beside(picture: Path, page: Path) -> str:
    return _quoted(picture.relative_to(page.parent).as_posix())


def _quoted(path: str) -> str:
    """A path as a URL; bytes that are not text are quoted, and `:`, which could name a scheme."""
    return quote(os.fsencode(path))
