"""The report as text."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from automask.evaluate.evaluation import Report
from automask.evaluate.wording import (
    Grid,
    about,
    detector_grid,
    notes,
    reliability_grid,
    summary_grid,
    trust_lines,
)
from automask.progress import shown


def print_report(console: Console, report: Report) -> None:
    """What was compared, the figures, what confidence and flags are worth, and what is amiss."""
    _print_lines(console, about(report))
    _print_grid(console, summary_grid(report.summaries))
    if report.trust is not None:
        _print_lines(console, trust_lines(report.trust))
        _print_grid(console, reliability_grid(report.trust))
        if report.trust.detectors:
            _print_grid(console, detector_grid(report.trust))
    _print_lines(console, notes(report))


def _print_lines(console: Console, lines: list[str]) -> None:
    for line in lines:
        console.print(shown(line))


def _print_grid(console: Console, grid: Grid) -> None:
    table = Table(*grid.heads, box=None)
    for row in grid.rows:
        table.add_row(*map(shown, row))
    console.print(table)
