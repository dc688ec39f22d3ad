"""The report as text."""

from __future__ import annotations

from rich.console import Console

from automask.evaluate.evaluation import Report
from automask.evaluate.wording import (
    about,
    detector_grid,
    mean_lines,
    notes,
    reliability_grid,
    summary_grid,
    trust_lines,
    worst_lines,
)
from automask.show.grid import print_grid, print_lines


def print_report(console: Console, report: Report) -> None:
    """Print what was compared, the figures, the calibration, and what failed."""
    print_lines(console, about(report))
    print_grid(console, summary_grid(report.summaries))
    print_lines(console, mean_lines(report))
    print_lines(console, worst_lines(report))
    if report.trust is not None:
        print_lines(console, trust_lines(report.trust))
        print_grid(console, reliability_grid(report.trust))
        if report.trust.detectors:
            print_grid(console, detector_grid(report.trust))
    print_lines(console, notes(report))
