"""The report for programs: JSON with every figure, CSV with a line for each image."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from automask.evaluate.evaluation import Report, Side
from automask.evaluate.figures import FAILED, ImageFigures
from automask.evaluate.trust import GOOD_IOU, SURE_SHARE, Trust
from automask.show.spreadsheet import cells
from automask.system.files import write_text

SCHEMA = 1  # raised when a reader of the file would have to change
COLUMNS = (*(f.name for f in fields(ImageFigures)), "confidence", "flags", "error")


def write_json(file: Path, report: Report) -> None:
    """Write every figure, atomically. Raises OutputError."""
    write_text(file, json.dumps(to_json(report), indent=1, default=str, allow_nan=False) + "\n")


def write_csv(file: Path, report: Report) -> None:
    """Write a line for each image, failed ones included. Raises OutputError."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in image_rows(report):
        writer.writerow(cells({**row, "flags": " ".join(row.get("flags", ()))}))
    write_text(file, buffer.getvalue())


def to_json(report: Report) -> dict[str, Any]:
    """The options and results; all figures 0..1."""
    comparison = report.comparison
    return {
        "schema": SCHEMA,
        "options": asdict(report.options),
        "predicted": _side(comparison.predicted),
        "truth": _side(comparison.truth),
        "summaries": [asdict(summary) for summary in report.summaries],
        "missing": report.missing,
        "extra": report.extra,
        "trust": None if report.trust is None else _trust(report.trust),
        "images": list(image_rows(report)),
    }


def image_rows(report: Report) -> Iterator[dict[str, Any]]:
    """The figures of each image with its confidence and flags, then the failed ones."""
    for row in report.figures:
        record = report.records.get(row.image)
        known = {"confidence": record.confidence, "flags": record.flags} if record else {}
        yield {**asdict(row), **known}
    for failure in report.failures:
        yield {"image": failure.image, "status": FAILED, "error": failure.error}


def _side(side: Side) -> dict[str, Any]:
    says = {**asdict(side.convention), "levels": side.convention.is_levels}
    described = {"folder": str(side.root), "values": side.values, "convention": says}
    return described if side.trimaps is None else {**described, "trimaps": _side(side.trimaps)}


def _trust(trust: Trust) -> dict[str, Any]:
    curve = {"coverage": trust.curve.coverage.tolist(), "risk": trust.curve.risk.tolist()}
    limits = {"good_iou": GOOD_IOU, "sure_share": SURE_SHARE}
    return {**limits, **asdict(trust), "curve": curve}
