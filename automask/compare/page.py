"""The comparison as one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Sequence

from automask.compare.agreement import Agreement
from automask.compare.comparison import Comparison
from automask.compare.different import LEGEND, Strip
from automask.compare.wording import (
    about,
    agreement_lines,
    histogram_grid,
    images,
    notes,
    pace_grid,
    settings_grid,
    stage_grid,
    status_grid,
    verdict,
)
from automask.show import page as html
from automask.show.grid import Grid, number

TITLE = "Two runs compared"
MOST_ROWS = 2000  # of the images, the most different ones; the JSON file has all


def page(comparison: Comparison, strips: Sequence[Strip]) -> str:
    """The whole page. strips: see different.py."""
    parts = [
        f"<h1>{TITLE}</h1>",
        f"<p><strong>{html.safe(verdict(comparison))}</strong></p>",
        html.lines(about(comparison)),
        "<h2>Speed</h2>",
        html.table(pace_grid(comparison), "the pace of each run"),
        html.table(stage_grid(comparison), "speed by stage") if comparison.stages else "",
        "<h2>Masks</h2>",
        _agreement(comparison.agreement),
        html.table(status_grid(comparison), "status of the images in A and in B"),
        html.lines(notes(comparison)),
        _different(strips),
        _settings(comparison),
        _every_image(comparison),
    ]
    return html.framed(TITLE, parts)


def _agreement(found: Agreement | None) -> str:
    if found is None:
        return "<p>No image has a mask in both runs.</p>"
    counts = [one.images for one in reversed(found.histogram)]
    shares = [count / max(counts) for count in counts]
    bars = html.bars(histogram_grid(found), shares, "how alike the masks are")
    return f"{html.lines(agreement_lines(found))}\n{bars}"


def _different(strips: Sequence[Strip]) -> str:
    if not strips:
        return ""
    figures = "\n".join(
        html.figure(s.likeness.image, f"IoU {s.likeness.iou:.3f}, {s.note}", s.tiles)
        for s in strips
    )
    keys = html.legend(f"{images(len(strips))}; in the last picture of each:", LEGEND)
    return f"<h2>Where the masks differ most</h2>\n{keys}\n{figures}"


def _settings(comparison: Comparison) -> str:
    if not comparison.settings:
        return ""
    grid = html.table(settings_grid(comparison), "settings that differ")
    return f"<h2>What differs in settings, versions and machine</h2>\n{grid}"


def _every_image(comparison: Comparison) -> str:
    """A row for each image, or only the most different if there are too many."""
    rows = [
        (one.image, a.status, b.status, number(one.iou), number(a.seconds_total),
         number(b.seconds_total))
        for one in sorted(comparison.likenesses, key=lambda one: (one.iou, one.image))[:MOST_ROWS]
        for a, b in [(comparison.a.records[one.image], comparison.b.records[one.image])]
    ]  # fmt: skip
    if not rows:
        return ""
    words = f"{len(rows):,} of {len(comparison.likenesses):,} images, the most different first"
    heads = ("image", "status in A", "in B", "IoU", "A, s", "B, s")
    return html.folded(words, html.table(Grid(heads, tuple(rows)), words))
