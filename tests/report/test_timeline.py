"""What the records' times tell: sessions of work, pauses, rates, loads. Worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from automask.records import ImageRecord
from automask.report.timeline import Span, timeline_of

if TYPE_CHECKING:
    from conftest import RecordMaker

At = Callable[..., ImageRecord]


@pytest.fixture
def at(make_record: RecordMaker) -> At:
    """at(minute, second, seconds, worker): a record begun then, 10 o'clock and so many minutes."""

    def record(minute: int, second: int, seconds: float | None, worker: str = "a:1") -> ImageRecord:
        return make_record(
            image=f"{minute}-{second}-{worker}.jpg",
            started_at=f"2024-05-01T10:{minute:02d}:{second:02d}.000+00:00",
            seconds_total=seconds,
            worker=worker,
        )

    return record


def test_wall_time_is_from_the_first_start_to_the_last_end(at: At) -> None:
    timeline = timeline_of([at(0, 10, 5.0), at(0, 0, 10.0)])  # in any order
    assert timeline.sessions == (Span(0.0, 15.0),)
    assert timeline.seconds_wall == 15.0
    assert timeline.images_per_hour == 480.0  # 2 images in 15 s
    assert timeline.began.isoformat() == "2024-05-01T10:00:00+00:00"


def test_a_pause_between_runs_counts_as_wall_time_but_not_as_work(at: At) -> None:
    timeline = timeline_of([at(0, 0, 10.0), at(0, 10, 10.0), at(5, 0, 20.0)])
    assert timeline.sessions == (Span(0.0, 20.0), Span(300.0, 320.0))
    assert (timeline.seconds_wall, timeline.seconds_working, timeline.seconds_paused) == (
        320.0,
        40.0,
        280.0,
    )
    assert timeline.images_per_hour == 270.0  # 3 images in 40 s


def test_a_gap_shorter_than_a_pause_belongs_to_the_work(at: At) -> None:
    assert len(timeline_of([at(0, 0, 10.0), at(0, 39, 1.0)]).sessions) == 1
    assert len(timeline_of([at(0, 0, 10.0), at(0, 41, 1.0)]).sessions) == 2


def test_a_worker_is_busy_while_it_has_an_image_in_hand(at: At) -> None:
    timeline = timeline_of([at(0, 0, 5.0, "a:1"), at(0, 10, 10.0, "a:1"), at(0, 0, 20.0, "b:2")])
    assert timeline.loads == (("a:1", 0.75), ("b:2", 1.0))  # 15 s of 20 s; all of 20 s


def test_threads_of_one_process_are_one_worker_and_never_busier_than_always(at: At) -> None:
    assert timeline_of([at(0, 0, 10.0), at(0, 0, 10.0), at(0, 5, 5.0)]).loads == (("a:1", 1.0),)


def test_pauses_are_no_worker_s_idleness(at: At) -> None:
    assert timeline_of([at(0, 0, 10.0), at(9, 0, 10.0)]).loads == (("a:1", 1.0),)


def test_rates_count_images_by_their_end(at: At) -> None:
    records = [at(0, second, 1.0) for second in range(20)]
    records += [at(0, 20 + 2 * pair, 2.0) for pair in range(20)]
    # 40 images, at least 20 a stretch: two of 30 s. What ends at 30 s counts for the second.
    assert timeline_of(records).rates == (
        (Span(0.0, 30.0), 3600 * 24 / 30),
        (Span(30.0, 60.0), 3600 * 16 / 30),
    )


def test_an_image_that_died_with_its_worker_has_a_time_but_no_length(at: At) -> None:
    timeline = timeline_of([at(0, 0, None)])
    assert (timeline.seconds_wall, timeline.images_per_hour, timeline.rates, timeline.loads) == (
        0.0,
        0.0,
        (),
        (),
    )
