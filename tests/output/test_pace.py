"""pace: the same rate wherever it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automask.output.pace import Pace
from automask.report.timeline import timeline_of
from automask.runs.summary import RunSummary

if TYPE_CHECKING:
    from conftest import RecordMaker

BEGAN = "2024-05-01T10:00:{:02}.000+00:00"


def test_the_rate_is_of_the_first_start_to_the_last_end() -> None:
    pace = Pace()
    for second in (0, 4, 8):
        pace.add(BEGAN.format(second), 2.0)
    assert pace.images_per_hour == 1080  # three in ten seconds


def test_without_times_there_is_no_rate() -> None:
    pace = Pace()
    pace.add("", None)
    assert (pace.images, pace.images_per_hour) == (1, 0.0)


def test_summary_and_report_tell_the_same_rate(make_record: RecordMaker) -> None:
    records = [make_record(started_at=BEGAN.format(s), seconds_total=2.0) for s in (0, 4, 8)]
    summary = RunSummary(seconds_wall=60.0)
    for record in records:
        summary.count(record)
    assert summary.images_per_hour == timeline_of(records).images_per_hour == 1080
