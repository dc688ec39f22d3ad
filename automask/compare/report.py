"""The comparison as JSON, with every figure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from automask.compare.comparison import Comparison
from automask.compare.runs import Run
from automask.compare.speed import Pace
from automask.compare.wording import verdict
from automask.system.files import write_text

SCHEMA = 1  # raised when a reader of the file would have to change


def write_json(file: Path, comparison: Comparison) -> None:
    """Write every figure, atomically. Raises OutputError."""
    text = json.dumps(to_json(comparison), indent=1, default=str, allow_nan=False)
    write_text(file, text + "\n")


def to_json(comparison: Comparison) -> dict[str, Any]:
    """The options and results; seconds, images per hour, IoU 0..1."""
    c = comparison
    return {
        "schema": SCHEMA,
        "verdict": verdict(c),
        "options": asdict(c.options),
        "a": _run(c.a, c.pace_a),
        "b": _run(c.b, c.pace_b),
        "times_as_fast": c.times_as_fast,
        "times_the_cost": c.times_the_cost,
        "stages": [asdict(stage) for stage in c.stages],
        "agreement": None if c.agreement is None else asdict(c.agreement),
        "statuses": [{"a": a, "b": b, "images": n} for (a, b), n in sorted(c.changes.items())],
        "settings": [{"name": name, "a": a, "b": b} for name, a, b in c.settings],
        **{name: getattr(c.pairing, name) for name in ("only_a", "only_b", "changed", "touched")},
        "unread": [asdict(one) for one in c.unread],
        "images": list(_images(c)),
    }


def _run(run: Run, pace: Pace) -> dict[str, Any]:
    return {"folder": str(run.folder), "records": len(run.records), **asdict(pace)}


def _images(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """Each image in both runs; IoU is null if the masks were not compared."""
    ious = {one.image: one.iou for one in comparison.likenesses}
    for a, b in comparison.pairs:
        yield {
            "image": a.image,
            "status_a": a.status,
            "status_b": b.status,
            "iou": ious.get(a.image),
            "seconds_a": a.seconds_total,
            "seconds_b": b.seconds_total,
        }
