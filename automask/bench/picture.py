"""The report as a chart of each variant's seconds by stage."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from automask.bench.bench import Report
from automask.bench.figures import Measured
from automask.bench.summary import STAGES, Summary
from automask.errors import OutputError
from automask.system.files import write_atomic

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Row = tuple[Measured, Summary]

SUFFIXES = (".png", ".svg")  # both are written, whichever is named
# Okabe and Ito's colours, distinct for the colour-blind.
COLOURS = dict(
    zip(STAGES, ("#999999", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00"), strict=True)
)
WIDTH, BAR_HEIGHT, PANEL_EXTRA, FRAME = 9.0, 0.42, 0.62, 1.0  # inches
PNG_DPI = 130
ROOM_FOR_LABELS = 1.45  # of the longest bar


def write_picture(file: Path, report: Report) -> list[Path]:
    """Write the chart as PNG and as SVG beside it; return both. Raises OutputError."""
    figure = draw(report)
    files = [file.with_suffix(suffix) for suffix in SUFFIXES]
    try:
        for target in files:
            buffer = io.BytesIO()
            figure.savefig(buffer, format=target.suffix[1:], dpi=PNG_DPI)
            write_atomic(target, buffer.getvalue())
    except OSError as error:
        raise OutputError(f"cannot write {file}: {error.strerror}") from error
    return files


def draw(report: Report) -> Figure:
    """Draw a panel with its own scale for each model and device, a bar for each generator."""
    from matplotlib.figure import Figure

    rows = zip(report.measured, report.summaries, strict=True)
    panels = [
        (f"{model} on {report.machine['devices'].get(device, device)}", list(group))
        for (model, device), group in groupby(rows, key=_panel_of)
    ]
    heights = [len(group) * BAR_HEIGHT + PANEL_EXTRA for _, group in panels]
    figure = Figure(figsize=(WIDTH, sum(heights) + FRAME), layout="constrained")
    grid = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)
    for axes, (title, group) in zip(grid[:, 0], panels, strict=True):
        _draw_panel(axes, title, group)
    grid[-1, 0].set_xlabel("seconds an image in one worker, medians")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(STAGES), frameon=False)
    return figure


def _panel_of(row: Row) -> tuple[str, str]:
    variant = row[0].variant
    return variant.model, variant.device


def _draw_panel(axes: Axes, title: str, rows: Sequence[Row]) -> None:
    names = [measured.variant.generator for measured, _ in rows]
    ends = [0.0] * len(rows)
    for stage in STAGES:
        seconds = [_median(summary, stage) for _, summary in rows]
        axes.barh(names, seconds, 0.7, left=ends, color=COLOURS[stage], label=stage)
        ends = [end + more for end, more in zip(ends, seconds, strict=True)]
    for position, (end, (_, summary)) in enumerate(zip(ends, rows, strict=True)):
        axes.text(end, position, "  " + _label(summary), va="center", fontsize=9)
    axes.set_xlim(0, max(ends) * ROOM_FOR_LABELS or 1)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title(title + _crew(rows[0][0]), loc="left", fontsize=10)


def _crew(measured: Measured) -> str:
    note = ", random weights: timing only" if measured.is_random else ""
    return f": workers x threads {measured.workers} x {measured.threads}{note}"


def _label(summary: Summary) -> str:
    if summary.images_per_hour is None:
        return "every image failed"
    return f"{_median(summary, 'total'):.3f} s, {summary.images_per_hour.median:,.0f} images/h"


def _median(summary: Summary, stage: str) -> float:
    values = summary.stages.get(stage)
    return 0.0 if values is None else values.median
