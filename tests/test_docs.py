"""The generated reference of the documentation: nothing is missing and nothing unexplained."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

import pytest

from automask.config import RunConfig
from automask.records import ImageRecord

DOCS = Path(__file__).parent.parent / "docs"
sys.path.insert(0, str(DOCS / "extension"))
generated = pytest.importorskip("generated")


def cells(table: str) -> list[list[str]]:
    """The rows of all Markdown tables of a text, without their heads."""
    lines = [line for line in table.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_column_of_a_record_has_a_type_and_a_meaning() -> None:
    rows = cells(generated.records())
    assert [name.strip("`") for name, _, _ in rows] == [field.name for field in fields(ImageRecord)]
    assert all(kind and meaning for _, kind, meaning in rows)
    assert ["`confidence`", "Float64"] in [row[:2] for row in rows]


def test_every_setting_has_a_meaning_and_its_default() -> None:
    text = generated.settings()
    rows = cells(text)
    assert [row[0] for row in rows if not row[3].strip("| ")] == []
    assert "## `[trimap]`" in text
    contour = next(row for row in rows if row[0] == "`contour_px`")
    assert contour[1:3] == ["`1`", "≥ 0, ≤ 250"]
    leaves = len(RunConfig(input=Path(), output=Path()).model_dump())
    assert len(rows) > leaves


def test_comments_above_and_beside_a_field_are_its_meaning() -> None:
    class Example:
        # seconds that
        # it may take
        timeout: float = 1.0  # above 0
        name: str

    texts = generated.fields_of(Example)
    assert texts["timeout"] == ("float", "seconds that it may take above 0")
    assert texts["name"] == ("str", "")


def test_commands_show_values_choices_and_flags() -> None:
    rows = dict(row[:2] for row in cells(generated.commands()))
    assert rows["`--contour` KIND"].endswith("(default: background)")
    assert rows["`--dry-run`"] == "List what would be done; write nothing."
    assert "`--report/--no-report`" in rows


def test_links_to_the_model_card_stay_inside_the_site() -> None:
    assert generated.complete("[card](../weights/README.md)") == "[card](model-card.md)"


def test_a_page_that_index_does_not_name_is_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for page in ("index.md", "output.md", "review.md"):
        (tmp_path / page).write_text("```{toctree}\noutput\n```\n")
    monkeypatch.setattr(generated, "DOCS", tmp_path)
    assert generated.others().splitlines()[-2:] == ["review", "```"]
