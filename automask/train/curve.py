"""The curve of a training: a table, and a page that shows it while it grows."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from automask.show.grid import Grid
from automask.show.page import framed, safe, table
from automask.system.files import write_text
from automask.train.loop import Round

TABLE, PAGE = "curve.csv", "curve.html"
REFRESH_SECONDS = 5
WIDTH, HEIGHT, MARGIN = 640, 220, 40  # px

Point = tuple[float, float]


def write_curve(folder: Path, rounds: Sequence[Round], figure: str, steps: int) -> None:
    """`curve.csv` and `curve.html`; the page looks again by itself until all steps are done."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [f.name for f in fields(Round)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rounds)
    write_text(folder / TABLE, text.getvalue())
    write_text(folder / PAGE, curve_page(folder.name, rounds, figure, steps))


def curve_page(name: str, rounds: Sequence[Round], figure: str, steps: int) -> str:
    """The page, self-contained."""
    done = rounds[-1].step if rounds else 0
    best = max(rounds, key=lambda row: row.figure, default=None)
    said = f"{done} of {steps} steps" + (
        f"; best validation {figure} {best.figure:.3f} at step {best.step}" if best else ""
    )
    page = framed(
        f"Training of {name}",
        (
            f"<h1>Training of {safe(name)}</h1><p>{safe(said)}</p>",
            _chart("loss", [(row.step, row.loss) for row in rounds], steps),
            _chart(f"validation {figure}", [(row.step, row.figure) for row in rounds], steps, 1.0),
            table(_grid(rounds[-20:], figure), "the last rounds"),
        ),
    )
    if done >= steps:
        return page
    again = f'<head>\n<meta http-equiv="refresh" content="{REFRESH_SECONDS}">'
    return page.replace("<head>", again, 1)


def _grid(rounds: Sequence[Round], figure: str) -> Grid:
    rows = tuple(
        (str(r.step), f"{r.epoch:.1f}", f"{r.loss:.4f}", f"{r.figure:.4f}", f"{r.seconds:.0f}")
        for r in reversed(rounds)
    )
    return Grid(("step", "passes", "loss", f"validation {figure}", "seconds"), rows)


def _chart(words: str, points: Sequence[Point], steps: int, top: float | None = None) -> str:
    """A line in a frame, with the highest and lowest value written beside it."""
    if not points:
        return ""
    highest = top or max(value for _, value in points) or 1.0
    lowest = min(0.0, *(value for _, value in points))
    span = (highest - lowest) or 1.0

    def place(point: Point) -> str:
        x = MARGIN + point[0] / max(steps, 1) * (WIDTH - 2 * MARGIN)
        y = HEIGHT - MARGIN - (point[1] - lowest) / span * (HEIGHT - 2 * MARGIN)
        return f"{x:.1f},{y:.1f}"

    last = points[-1]
    line = " ".join(map(place, points))
    return (
        f"<figure><figcaption>{safe(words)}: {last[1]:.4f}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{safe(words)}" '
        f'style="max-width: {WIDTH}px; width: 100%" font-size="12" fill="currentColor">'
        f'<path d="M{MARGIN},{MARGIN} V{HEIGHT - MARGIN} H{WIDTH - MARGIN}" fill="none" '
        'stroke="currentColor"/>'
        f'<text x="2" y="{MARGIN}">{highest:.2f}</text>'
        f'<text x="2" y="{HEIGHT - MARGIN}">{lowest:.2f}</text>'
        f'<text x="{WIDTH - MARGIN}" y="{HEIGHT - 12}" text-anchor="end">{steps} steps</text>'
        f'<polyline points="{line}" fill="none" stroke="#4477aa" stroke-width="2"/>'
        "</svg></figure>"
    )
