"""The comparison as text."""

from __future__ import annotations

from rich.console import Console

from automask.compare.comparison import Comparison
from automask.compare.wording import (
    about,
    agreement_lines,
    histogram_grid,
    notes,
    pace_grid,
    settings_grid,
    stage_grid,
    status_grid,
    verdict,
)
from automask.show.grid import Grid, print_grid, print_lines

BAR = 30  # characters of the longest bar


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Print the verdict, then the figures behind it."""
    console.print(verdict(comparison), style="bold")
    print_lines(console, about(comparison))
    print_grid(console, pace_grid(comparison))
    if comparison.stages:
        print_grid(console, stage_grid(comparison))
    if comparison.agreement is not None:
        print_lines(console, agreement_lines(comparison.agreement))
        print_grid(console, _with_bars(comparison))
    print_grid(console, status_grid(comparison))
    if comparison.settings:
        print_grid(console, settings_grid(comparison))
    print_lines(console, notes(comparison))


def _with_bars(comparison: Comparison) -> Grid:
    """The histogram, a bar behind each row."""
    assert comparison.agreement is not None
    grid = histogram_grid(comparison.agreement)
    counts = [one.images for one in reversed(comparison.agreement.histogram)]
    bars = ("#" * -(-count * BAR // max(counts)) for count in counts)
    rows = tuple((*row, bar) for row, bar in zip(grid.rows, bars, strict=True))
    return Grid((*grid.heads, ""), rows)
