"""Draws weights/curve.png, the bundled model's training, from weights/curve.csv.

.venv/bin/python benchmarks/curve.py
"""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
LINES = {
    "oracle": ("best of 64 points' masks", "-", "o"),
    "box": ("box prompt", "--", "s"),
    "argmax": ("highest predicted IoU", "-.", "^"),
    "saliency": ("saliency map", ":", "D"),
}


def main() -> None:
    with (WEIGHTS / "curve.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    steps = [int(row["step"]) for row in rows]
    figure, axes = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    for name, (label, line, marker) in LINES.items():
        values = [float(row[name]) for row in rows]
        axes.plot(steps, values, line, marker=marker, markersize=4, label=label)
    for step in leg_ends(rows):
        axes.axvline(step, color="0.7", linewidth=1, zorder=0)
    axes.set_xlabel("training step (16 photographs each)")
    axes.set_ylabel("mean IoU on the validation split")
    axes.grid(axis="y", alpha=0.3)
    axes.legend(loc="lower right", frameon=False)
    figure.savefig(WEIGHTS / "curve.png", dpi=130)


def leg_ends(rows: list[dict[str, str]]) -> list[int]:
    """The last step of each part of the training but the last one."""
    return [int(a["step"]) for a, b in pairwise(rows) if a["leg"] != b["leg"]]


if __name__ == "__main__":
    main()
