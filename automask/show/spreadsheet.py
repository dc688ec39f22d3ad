"""Text in a cell of a CSV file that no spreadsheet executes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automask.show.console import visible

# What starts a formula in Excel, LibreOffice or Google Sheets, including full-width forms (OWASP,
# "CSV Injection"). The quote is among them so that an added one differs from a name's own.
FORMULA_BEGINS = ("=", "+", "-", "@", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cell(text: str) -> str:
    """One line of text that no spreadsheet takes for a formula.

    Invisible characters are escaped as on the terminal: line ends, tabs, bidirectional marks, bytes
    that are not text. Text that would start a formula, or that starts with a ', gets a ' in front;
    removing one ' restores it.

    Args:
        text: Any text.

    Returns:
        The cell.
    """
    spelt = visible(text)
    return f"'{spelt}" if spelt.startswith(FORMULA_BEGINS) else spelt


def cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for `csv.DictWriter`: text as `cell` has it, numbers and None as they are."""
    return {key: cell(value) if isinstance(value, str) else value for key, value in row.items()}
