"""Text in a cell of a CSV file: shown by whatever opens it, and never run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automask.show.console import visible

# What makes a formula of a cell in Excel, LibreOffice or Google Sheets, the full-width forms too
# (OWASP, "CSV Injection"). The quote is there so that the one added can be told from a name's own.
FORMULA_BEGINS = ("=", "+", "-", "@", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cell(text: str) -> str:
    """One line of text that no spreadsheet takes for a formula.

    Characters that cannot be seen are spelt, as on the terminal: line ends and tabs, marks that
    turn the direction of writing, bytes that are no text. What would begin a formula has a ' before
    it, and so has what begins with a ' itself: who takes one ' away has the text again.
    """
    spelt = visible(text)
    return f"'{spelt}" if spelt.startswith(FORMULA_BEGINS) else spelt


def cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for `csv.DictWriter`: text as `cell` has it, numbers and None as they are."""
    return {key: cell(value) if isinstance(value, str) else value for key, value in row.items()}
