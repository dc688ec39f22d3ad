"""The report as one self-contained HTML file, without network access."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from automask.output.attention import to_check
from automask.records import FAILED, LOW_CONFIDENCE, NO_OBJECT, OK, ImageRecord
from automask.report import content, headline
from automask.report.pictures import Drawn
from automask.report.plots import draw_plots
from automask.report.read import Run, review_queue
from automask.report.timeline import Timeline
from automask.report.timing import STAGES, Timing, slowest, stage_seconds
from automask.show.console import reason, visible

ASSETS = Path(__file__).parent / "assets"
SCRIPTS = ("draw.js", "sheet.js", "viewer.js", "main.js")  # in this order
SHOWN_FAILURES = 20
SHOWN_QUEUE = 12  # a row or two on a screen
SHOWN_SLOWEST = 10


@dataclass(frozen=True)
class Material:
    """The content of a page."""

    run: Run
    timeline: Timeline
    timing: Timing
    drawn: Sequence[Drawn]  # of each record
    page: Path  # where it will lie
    pictures_inside: bool  # else in files beside the page


def render(material: Material) -> str:
    """The page, ASCII except for letters of file names."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(ASSETS), autoescape=True, undefined=StrictUndefined
    )
    css, js = _style(), _script()
    return environment.get_template("page.html").render(
        css=css,
        js=js,
        policy=_policy(css, js),
        pictures=_pictures(material) if material.pictures_inside else (),
        **_words(material),
        **_lists(material),
    )


def _words(material: Material) -> dict[str, Any]:
    run, timeline = material.run, material.timeline
    return {
        "title": visible(run.output.resolve().name or "output"),
        "headline": headline.headline(run, timeline),
        "finish": headline.finish(run),
        "to_check_words": f"{to_check(run.records, run.settled)}. The lowest confidence first.",
        "low_confidence": LOW_CONFIDENCE,
        "timing_words": headline.timing_words(material.timing, timeline),
        "plots": draw_plots(material.timing, timeline),
        "command": headline.command_line(run),
        "notes": headline.notes(run),
        "tables": headline.tables(run),
    }


def _lists(material: Material) -> dict[str, Any]:
    """The data of the script, and the lists that the page has without it."""
    records = material.run.records
    index = {record.image: number for number, record in enumerate(records)}
    failed = [record for record in records if record.status == FAILED]
    queue = review_queue(material.run)
    slow = slowest(records, SHOWN_SLOWEST)
    folders = content.folder_counts(records)
    links = content.links_from(material.page, material.run)
    data = {
        "images": content.rows(
            material.run, material.drawn, links, material.pictures_inside, material.page
        ),
        "stages": STAGES,
        "folders": list(folders),
        "failures": [index[record.image] for record in failed],
        "queue": [index[record.image] for record in queue[:SHOWN_QUEUE]],
        "slowest": [index[record.image] for record in slow],
    }
    return {
        "data": content.to_json(data),
        "failed": len(failed),
        "failures": [_failure(record, index) for record in failed[:SHOWN_FAILURES]],
        "to_check": len(queue),
        "slowest": [_slow(record, index) for record in slow],
        "statuses": _statuses(material.run),
        "flags": sorted(Counter(flag for record in records for flag in record.flags).items()),
        "folders": [
            {"name": name or content.TOP_FOLDER, "count": count} for name, count in folders.items()
        ]
        if len(folders) > 1
        else [],
    }


def _failure(record: ImageRecord, index: Mapping[str, int]) -> dict[str, Any]:
    name, error = visible(record.image), visible(reason(record.image, record.error))
    return {"index": index[record.image], "name": name, "error": error}


def _slow(record: ImageRecord, index: Mapping[str, int]) -> dict[str, Any]:
    seconds = stage_seconds(record)
    longest = max(seconds, key=lambda stage: seconds[stage])
    pixels = (record.width or 0) * (record.height or 0)
    return {
        "index": index[record.image],
        "name": visible(record.image),
        "seconds": f"{record.seconds_total or 0:.2f}",
        "stage": f"{longest} {seconds[longest]:.2f}",
        "megapixels": f"{pixels / 1e6:.1f}",
    }


def _statuses(run: Run) -> Iterator[tuple[str, str, int]]:
    """Value, label and number of images of each choice of the filter."""
    records = run.records
    counts = Counter(record.status for record in records)
    yield "", "all", len(records)
    yield "check", "to check", sum(map(run.needs_look, records))
    yield OK, "masked", counts[OK]
    yield NO_OBJECT, "no object", counts[NO_OBJECT]
    yield FAILED, "failed", counts[FAILED]


def _pictures(material: Material) -> Iterable[str | None]:
    """Base64 of each record's picture, read one at a time because together they may be large."""
    for one in material.drawn:
        yield base64.b64encode(one.picture.read_bytes()).decode() if one.picture else None


def _policy(css: str, js: str) -> str:
    """The content security policy: only pictures load, from the page or files beside it."""
    return "; ".join(
        (
            "default-src 'none'",
            "img-src data: 'self' file:",
            f"style-src {_source(css)}",
            f"script-src {_source(js)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _source(text: str) -> str:
    """The hash of a script or style, the only one allowed."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _style() -> str:
    return (ASSETS / "page.css").read_text(encoding="utf-8")


@cache
def _script() -> str:
    parts = ((ASSETS / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return '"use strict";\n' + "".join(parts)
