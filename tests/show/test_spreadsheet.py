"""spreadsheet: text in a cell is shown and never run."""

from __future__ import annotations

import pytest

from automask.show.spreadsheet import cell, cells


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1", "\uff0b1", "\uff0d1"])
def test_what_would_begin_a_formula_is_quoted(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a.jpg", "a=b.jpg", "1-2.jpg", " =1", "\u00e9\u4e2d.jpg"])
def test_other_text_is_as_it_was(text: str) -> None:
    assert cell(text) == text


def test_one_quote_taken_away_gives_the_text_again() -> None:
    assert cell("'=1") == "''=1"


@pytest.mark.parametrize(
    ("text", "spelt"),
    [("\t=1", r"\t=1"), ("\r=1", r"\r=1"), ("a\nb", r"a\nb"), ("\x1b[0m", r"\x1b[0m"),
     ("a\u202eb", r"a\u202eb"), ("a\u2066b", r"a\u2066b"), ("\udce9", r"\udce9")],
)  # fmt: skip
def test_what_cannot_be_seen_is_spelt(text: str, spelt: str) -> None:
    assert cell(text) == spelt


def test_of_a_row_only_the_text_is_changed() -> None:
    row = {"a": "-1", "b": -1, "c": None, "d": -0.5}
    assert cells(row) == {"a": "'-1", "b": -1, "c": None, "d": -0.5}
