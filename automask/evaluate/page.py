"""The report as one HTML file that needs nothing else: no network, no script, no other file."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Sequence

from PIL import Image

from automask.evaluate.chart import risk_coverage_chart
from automask.evaluate.evaluation import Report
from automask.evaluate.figures import MEASURED, ImageFigures
from automask.evaluate.trust import Trust
from automask.evaluate.wording import (
    NOTHING,
    Grid,
    about,
    detector_grid,
    notes,
    reliability_grid,
    summary_grid,
    trust_lines,
)
from automask.evaluate.worst import LEGEND, Strip, joined
from automask.progress import visible

JPEG_QUALITY = 85
IMAGE_HEADS = ("image", "IoU", "Dice", "precision", "recall", "MAE", "boundary F", "AUROC")
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 72em; padding: 0 1em;
  color: #222; background: #fff }
h1 { font-size: 1.5em } h2 { font-size: 1.2em; margin-top: 2em }
.scroll { overflow-x: auto }
table { border-collapse: collapse; margin: 1em 0 }
th, td { padding: .25em .8em; text-align: right; border-bottom: 1px solid #ddd }
th { background: #f4f4f4 } th:first-child, td:first-child { text-align: left }
tr.all td { font-weight: bold }
ul { padding-left: 1.2em } li, figcaption, td:first-child { overflow-wrap: anywhere }
td:first-child { min-width: 12em }
figure { margin: 1.2em 0 } img { max-width: 100%; height: auto; display: block }
.key { display: inline-block; width: .9em; height: .9em; border: 1px solid #444;
  margin: 0 .3em 0 1em }
"""


def page(report: Report, strips: Sequence[Strip]) -> str:
    """The whole page. strips: the worst images, see worst.py."""
    parts = [
        "<h1>Masks against true masks</h1>",
        _lines(about(report)),
        _table(summary_grid(report.summaries), last_is_all=len(report.summaries) > 1),
        _lines(notes(report)),
        _trust_part(report.trust) if report.trust is not None else "",
        _worst_part(strips),
        _every_image(report.figures),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Masks against true masks</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body>\n</html>\n"
    )


def _trust_part(trust: Trust) -> str:
    parts = [
        "<h2>What the confidence is worth</h2>",
        _lines(trust_lines(trust)),
        _image(risk_coverage_chart(trust), "risk-coverage curve", "PNG"),
        _table(reliability_grid(trust)),
    ]
    if trust.detectors:
        parts += ["<h2>What the flags are worth</h2>", _table(detector_grid(trust))]
    return "\n".join(parts)


def _worst_part(strips: Sequence[Strip]) -> str:
    keys = "".join(
        f'<span class="key" style="background: rgb{colour}"></span>{_safe(words)}'
        for colour, words in LEGEND
    )
    names = ", ".join(name for name, _ in strips[0].tiles)
    figures = "\n".join(_worst_figure(strip) for strip in strips)
    head = f"<h2>The {len(strips)} worst</h2>\n<p>{_safe(names)}. In the last:{keys}</p>"
    return f"{head}\n{figures}"


def _worst_figure(strip: Strip) -> str:
    name, iou = strip.figures.image, f"IoU {strip.figures.iou:.3f}"
    status = "" if strip.figures.status == MEASURED else strip.figures.status
    words = ", ".join(part for part in (iou, status, strip.note) if part)
    picture = _image(joined(strip), name, "JPEG")
    return f"<figure><figcaption>{_safe(name)}: {_safe(words)}</figcaption>{picture}</figure>"


def _every_image(figures: Iterable[ImageFigures]) -> str:
    rows = tuple(
        (row.image, *map(_number, (row.iou, row.dice, row.precision, row.recall)),
         *map(_number, (row.mae, row.boundary, row.auroc)))
        for row in sorted(figures, key=lambda row: (row.iou, row.image))
    )  # fmt: skip
    return (
        f"<details>\n<summary>All {len(rows)} images, the worst first</summary>\n"
        f"{_table(Grid(IMAGE_HEADS, rows))}\n</details>"
    )


def _table(grid: Grid, last_is_all: bool = False) -> str:
    heads = "".join(f"<th>{_safe(head)}</th>" for head in grid.heads)
    lines = []
    for number, row in enumerate(grid.rows):
        is_all = last_is_all and number == len(grid.rows) - 1
        cells = "".join(f"<td>{_safe(cell)}</td>" for cell in row)
        lines.append(f'<tr class="all">{cells}</tr>' if is_all else f"<tr>{cells}</tr>")
    body = "\n".join(lines)
    return (
        f'<div class="scroll"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>'
        "\n</table></div>"
    )


def _lines(lines: Sequence[str]) -> str:
    items = "\n".join(f"<li>{_safe(line.strip())}</li>" for line in lines)
    return f"<ul>\n{items}\n</ul>" if lines else ""


def _image(picture: Image.Image, words: str, kind: str) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind, quality=JPEG_QUALITY)
    data = base64.b64encode(buffer.getvalue()).decode()
    source = f"data:image/{kind.lower()};base64,{data}"
    size = f'width="{picture.width}" height="{picture.height}"'
    return f'<img src="{source}" {size} alt="{_safe(words)}">'


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3f}"


def _safe(text: str) -> str:
    """Text as HTML shows it, whatever a file's name holds."""
    return html.escape(visible(text))
