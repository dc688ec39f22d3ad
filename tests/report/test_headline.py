"""The page's own words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automask.report.headline import command_line, finish, headline, notes, tables
from automask.report.read import Run
from automask.report.timeline import timeline_of

if TYPE_CHECKING:
    from conftest import RecordMaker


def test_pauses_between_runs_are_told_beside_the_wall_time(make_record: RecordMaker) -> None:
    records = tuple(
        make_record(image=start, started_at=f"2024-05-01T{start}+00:00", seconds_total=60.0)
        for start in ("10:00:00.000", "12:00:00.000")
    )
    run = Run(Path("out"), records, {}, None, None)
    items = {item.label: item for item in headline(run, timeline_of(records))}
    assert items["wall time"].value == "2 h 01 min"
    assert items["wall time"].note == "of it 1 h 59 min in a pause between runs"
    assert items["images/hour"].value == "60"


def test_where_the_photographs_are_unknown_nothing_is_called_finished(
    make_record: RecordMaker,
) -> None:
    assert "is unknown" in finish(Run(Path(), (make_record(),), {}, None, None)).value


@pytest.mark.parametrize(
    ("missing", "beyond", "described", "words"),
    [
        (0, 0, {}, "Finished: every photograph of the input folder has a record."),
        (0, 0, {"config": {"limit": 40}}, "Finished: every photograph of the input folder has"),
        (0, 460, {"config": {"limit": 40}}, "Finished: the first 40 photographs have a record "
         "(--limit 40). 460 more lie in the input folder without one."),
        (0, 300, {"config": {"limit": 40}, "tasks": 5}, "Finished: the first 40 photographs of "
         "each of 5 tasks have a record (--limit 40). 300 more lie"),
        (3, 0, {}, "Not finished. Photographs without a record: 3."),
        (3, 460, {"config": {"limit": 40}}, "Not finished. Photographs without a record among the "
         "first 40 (--limit 40): 3."),
        (3, 300, {"config": {"limit": 40}, "tasks": 5}, "Not finished. Photographs without a "
         "record among the first 40 of each of 5 tasks (--limit 40): 3."),
    ],
)  # fmt: skip
def test_finished_is_said_of_what_was_to_be_masked(
    make_record: RecordMaker, missing: int, beyond: int, described: dict[str, Any], words: str
) -> None:
    told = finish(Run(Path(), (make_record(),), described, None, missing, beyond))
    assert told.value.startswith(words)
    assert told.mood == ("bad" if missing else "good")


def test_a_run_that_no_command_line_made_has_no_command() -> None:
    described = {"command": ["/bin/automask", "run", "my photos", "out"]}
    assert command_line(Run(Path(), (), described, None, None)) == "automask run 'my photos' out"
    assert command_line(Run(Path(), (), {"command": None}, None, None)) == ""


def test_mixed_settings_and_checkpoints_are_told(make_record: RecordMaker) -> None:
    records = (make_record(), make_record(settings="other", model_sha256="cd" * 32))
    run = Run(Path("out"), records, {}, None, None)
    assert len(notes(run)) == 2
    assert notes(Run(Path("out"), records[:1], {}, None, None)) == []


def test_settings_have_dotted_names_and_an_empty_table_has_no_row(make_record: RecordMaker) -> None:
    described = {"config": {"trimap": {"contour_px": 3}, "propose": {"settings": {}}}}
    settings = tables(Run(Path(), (make_record(),), described, None, None))[2]
    assert settings.rows == (("trimap.contour_px", "3"),)
