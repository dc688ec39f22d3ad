"""Pace, stages and cost from the records alone."""

from __future__ import annotations

import pytest
from compare_runs import Finished

from automask.compare.speed import pace, stage_speeds


def at(second: int) -> str:
    return f"2024-05-01T10:{second // 60:02d}:{second % 60:02d}.000+00:00"


def test_images_an_hour_are_over_the_clock_not_over_the_sum_of_seconds(finished: Finished) -> None:
    # Two workers at once: 4 images of 10 s in 20 s.
    starts = (0, 0, 10, 10)
    found = pace([finished("a", started_at=at(s), seconds_total=10.0) for s in starts])
    assert found.seconds_wall == 20
    assert found.images_per_hour == 4 * 3600 / 20


def test_a_pause_without_any_image_in_work_is_left_out_and_told(finished: Finished) -> None:
    spans = ((0, 10.0), (110, 10.0), (150, 5.0))  # 100 s of nothing, then 30 s
    found = pace([finished("a", started_at=at(s), seconds_total=t) for s, t in spans])
    assert (found.pauses, found.seconds_paused) == (1, 100)
    assert found.seconds_wall == 10 + (155 - 110)


def test_a_long_image_covers_shorter_ones(finished: Finished) -> None:
    spans = ((0, 100.0), (1, 2.0), (50, 2.0))
    found = pace([finished("a", started_at=at(s), seconds_total=t) for s, t in spans])
    assert (found.seconds_wall, found.pauses) == (100, 0)


def test_failed_images_take_time_and_are_no_result(finished: Finished) -> None:
    found = pace([
        finished("a", started_at=at(0), seconds_total=10.0),
        finished("b", started_at=at(10), seconds_total=10.0, status="failed"),
    ])  # fmt: skip
    assert (found.images, found.failed, found.images_per_hour) == (1, 1, 180)


def test_a_thousand_images_cost_what_their_hours_cost(finished: Finished) -> None:
    found = pace([finished("a", started_at=at(0), seconds_total=3.6)], price_per_hour=2.0)
    assert found.cost_per_1000 == pytest.approx(2.0)  # 1,000 images an hour


def test_a_run_in_which_all_failed_has_no_rate_and_no_cost(finished: Finished) -> None:
    found = pace([finished("a", status="failed", seconds_total=None)], price_per_hour=2.0)
    assert (found.images_per_hour, found.cost_per_1000) == (None, None)


def test_the_ratio_of_sums_and_the_median_of_ratios_are_two_figures(finished: Finished) -> None:
    ours = [finished("a", seconds_encode=s) for s in (1.0, 1.0, 10.0)]
    theirs = [finished("a", seconds_encode=s) for s in (0.5, 0.25, 10.0)]
    found = stage_speeds(list(zip(ours, theirs, strict=True)))
    (encode,) = (stage for stage in found if stage.stage == "encode")
    assert encode.times_as_fast == pytest.approx(12 / 10.75)
    assert encode.times_as_fast_median == 2  # of 2, 4 and 1
    assert (encode.images, encode.seconds_a) == (3, 4)


def test_what_either_run_has_not_timed_or_not_finished_is_in_no_stage(finished: Finished) -> None:
    timed, untimed = finished("a"), finished("a", seconds_refine=None)
    failed = finished("a", status="failed")
    found = stage_speeds([(timed, untimed), (timed, failed)])
    assert "refine" not in {stage.stage for stage in found}
    assert {stage.images for stage in found} == {1}


def test_a_stage_that_takes_no_time_has_no_ratio(finished: Finished) -> None:
    (load, *_) = stage_speeds([(finished("a"), finished("a", seconds_load=0.0))])
    assert (load.stage, load.times_as_fast, load.times_as_fast_median) == ("load", None, None)
