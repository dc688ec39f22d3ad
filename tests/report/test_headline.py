"""The page's own words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from automask.records import NO_OBJECT
from automask.report.headline import finish, headline, notes, queue_words, tables
from automask.report.night import tell_night
from automask.report.read import Run

if TYPE_CHECKING:
    from conftest import RecordMaker


def test_pauses_between_runs_are_told_beside_the_wall_time(make_record: RecordMaker) -> None:
    records = tuple(
        make_record(image=start, started_at=f"2024-05-01T{start}+00:00", seconds_total=60.0)
        for start in ("10:00:00.000", "12:00:00.000")
    )
    run = Run(Path("out"), records, {}, None, None)
    items = {item.label: item for item in headline(run, tell_night(records))}
    assert items["wall time"].value == "2 h 01 min"
    assert items["wall time"].note == "of it 1 h 59 min in a pause between runs"
    assert items["images/hour"].value == "60"


def test_where_the_photographs_are_unknown_nothing_is_called_finished(
    make_record: RecordMaker,
) -> None:
    assert "cannot be told" in finish(Run(Path(), (make_record(),), {}, None, None)).value


def test_the_queue_says_why(make_record: RecordMaker) -> None:
    records = [
        make_record(confidence=0.1, flags=("tiny",)),
        make_record(confidence=0.9, flags=("tiny",)),
        make_record(status=NO_OBJECT, confidence=0.0, flags=()),
    ]
    assert queue_words(records).startswith(
        "1 with a confidence below 0.5, 2 with a flag, 1 with no object (some have both)."
    )


def test_mixed_settings_and_checkpoints_are_told(make_record: RecordMaker) -> None:
    records = (make_record(), make_record(settings="other", model_sha256="cd" * 32))
    run = Run(Path("out"), records, {}, None, None)
    assert len(notes(run)) == 2
    assert notes(Run(Path("out"), records[:1], {}, None, None)) == []


def test_settings_have_dotted_names(make_record: RecordMaker) -> None:
    described = {"config": {"trimap": {"contour_px": 3}, "propose": {"settings": {}}}}
    settings = tables(Run(Path(), (make_record(),), described, None, None))[2]
    assert settings.rows == (("trimap.contour_px", "3"), ("propose.settings", "{}"))
