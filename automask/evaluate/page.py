"""The report of an evaluation as one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from automask.evaluate.chart import risk_coverage_chart
from automask.evaluate.evaluation import Report
from automask.evaluate.figures import MEASURED, ImageFigures
from automask.evaluate.trust import Trust
from automask.evaluate.wording import (
    about,
    detector_grid,
    mean_lines,
    notes,
    reliability_grid,
    summary_grid,
    trust_lines,
)
from automask.evaluate.worst import LEGEND, Strip
from automask.show import page as html
from automask.show.grid import Grid, number

TITLE = "Masks against true masks"
IMAGE_HEADS = ("image", "IoU", "Dice", "precision", "recall", "MAE", "boundary F", "AUROC")


def page(report: Report, strips: Sequence[Strip]) -> str:
    """The whole page. strips: the worst images, see worst.py."""
    has_all = len(report.summaries) > 1
    parts = [
        f"<h1>{TITLE}</h1>",
        html.lines(about(report)),
        html.table(summary_grid(report.summaries), "figures by data set", last_is_all=has_all),
        html.lines(mean_lines(report)),
        html.lines(notes(report)),
        _trust_part(report.trust) if report.trust is not None else "",
        _worst_part(strips),
        _every_image(report.figures),
    ]
    return html.framed(TITLE, parts)


def _trust_part(trust: Trust) -> str:
    parts = [
        "<h2>Calibration of the confidence</h2>",
        html.lines(trust_lines(trust)),
        html.picture(risk_coverage_chart(trust), "risk-coverage curve", "PNG"),
        html.table(reliability_grid(trust), "reliability"),
    ]
    if trust.detectors:
        grid = detector_grid(trust)
        parts += [
            "<h2>Flags as detectors of bad masks</h2>",
            html.table(grid, "what the flags find"),
        ]
    return "\n".join(parts)


def _worst_part(strips: Sequence[Strip]) -> str:
    figures = "\n".join(_worst_figure(strip) for strip in strips)
    keys = html.legend("In the last picture of each:", LEGEND)
    return f"<h2>The {len(strips)} worst</h2>\n{keys}\n{figures}"


def _worst_figure(strip: Strip) -> str:
    iou = f"IoU {strip.figures.iou:.3f}"
    status = "" if strip.figures.status == MEASURED else strip.figures.status
    words = ", ".join(part for part in (iou, status, strip.note) if part)
    return html.figure(strip.figures.image, words, strip.tiles)


def _every_image(figures: Iterable[ImageFigures]) -> str:
    rows = tuple(
        (row.image, *map(number, (row.iou, row.dice, row.precision, row.recall)),
         *map(number, (row.mae, row.boundary, row.auroc)))
        for row in sorted(figures, key=lambda row: (row.iou, row.image))
    )  # fmt: skip
    words = f"All {len(rows)} images, the worst first"
    return html.folded(words, html.table(Grid(IMAGE_HEADS, rows), words))
