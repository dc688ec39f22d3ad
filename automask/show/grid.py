"""The tables and lines of a report, the same on the console and in a page.

File names in them are raw; whoever shows them escapes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automask.show.console import shown

if TYPE_CHECKING:
    from rich.console import Console

NOTHING = "-"
SHOWN_NAMES = 20


@dataclass(frozen=True)
class Grid:
    """A table; every row has as many cells as there are heads."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def number(value: float | None) -> str:
    """A figure of 0..1 with three decimals."""
    return NOTHING if value is None else f"{value:.3f}"


def percent(value: float | None) -> str:
    """A share of 0..1."""
    return NOTHING if value is None else f"{value:.0%}"


def named(names: Sequence[str], most: int = SHOWN_NAMES) -> list[str]:
    """A line for each of the first names."""
    more = len(names) - most
    lines = [f"  {name}" for name in names[:most]]
    return [*lines, f"  and {more} more"] if more > 0 else lines


def print_lines(console: Console, lines: Iterable[str]) -> None:
    """Print lines, with file names escaped."""
    for line in lines:
        console.print(shown(line))


def print_grid(console: Console, grid: Grid) -> None:
    """Print a table, with file names escaped."""
    from rich.table import Table

    table = Table(*grid.heads, box=None)
    for row in grid.rows:
        table.add_row(*map(shown, row))
    console.print(table)
