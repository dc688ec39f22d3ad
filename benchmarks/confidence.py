"""Draws docs/images/confidence.png from the rows of `automask eval-choice ... --csv rows.csv`:

    .venv/bin/python benchmarks/confidence.py rows.csv

Above, the share of bad masks among the most confident; below, the share of good ones by confidence.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

from automask.evaluate.chart import reliability_chart, risk_coverage_chart
from automask.evaluate.trust import trust
from automask.image.write import encode_png


def main() -> None:
    with Path(sys.argv[1]).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    confidences, ious = ([float(row[name]) for row in rows] for name in ("confidence", "final"))
    worth = trust(confidences, ious, [row["flags"].split() for row in rows])
    charts = [np.asarray(draw(worth)) for draw in (risk_coverage_chart, reliability_chart)]
    target = Path(__file__).resolve().parents[1] / "docs" / "images" / "confidence.png"
    target.write_bytes(encode_png(np.vstack(charts)))
    print(f"{len(rows)} images; wrote {target}")


if __name__ == "__main__":
    main()
