"""The files of a report."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from automask.evaluate.chart import risk_coverage_chart
from automask.evaluate.evaluation import Report
from automask.evaluate.page import page
from automask.evaluate.report import write_csv, write_json
from automask.evaluate.worst import draw, worst_strips
from automask.system.files import STDOUT, refuse_unwritable, write_bytes, write_text


@dataclass(frozen=True)
class Files:
    """The files to write; None: not that one."""

    json: Path | None = None
    csv: Path | None = None
    html: Path | None = None
    picture: Path | None = None

    def refuse_unwritable(self) -> None:
        """Raise UsageError before the work if a file cannot be written."""
        suffixes = {"html": (".html", ".htm"), "picture": (".png",)}
        for name, file in vars(self).items():
            if file is not None:
                refuse_unwritable(file, f"--{name}", *suffixes.get(name, ()))


def write_files(files: Files, report: Report) -> list[Path]:
    """Write the files of a report, each atomically.

    Args:
        files: Which to write. Beside the picture of the worst lies the risk-coverage curve, if
            there are confidences.
        report: The result of the evaluation.

    Returns:
        The files written.

    Raises:
        OutputError: One of them cannot be written.
    """
    asked = (files.json, files.csv, files.html, files.picture)
    written = [file for file in asked if file not in (None, STDOUT)]
    if files.json is not None:
        write_json(files.json, report)
    if files.csv is not None:
        write_csv(files.csv, report)
    if files.html is None and files.picture is None:
        return written
    strips = worst_strips(report)
    if files.html is not None:
        write_text(files.html, page(report, strips))
    if files.picture is not None:
        _write_png(files.picture, draw(strips))
        if report.trust is not None:
            written.append(curve_file(files.picture))
            _write_png(written[-1], risk_coverage_chart(report.trust))
    return written


def curve_file(picture: Path) -> Path:
    """worst.png -> worst-risk-coverage.png."""
    return picture.with_name(f"{picture.stem}-risk-coverage.png")


def _write_png(file: Path, picture: Image.Image) -> None:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    write_bytes(file, buffer.getvalue())
