"""Seconds of images: middle, tail, stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from automask.records import FAILED
from automask.report.timing import slowest, stage_seconds, timing_of

if TYPE_CHECKING:
    from conftest import RecordMaker


def test_what_no_stage_has_measured_is_other(make_record: RecordMaker) -> None:
    record = make_record(seconds_total=0.7)  # 0.1 + 0.2 + 0.3 + 0.01 + 0.02 + 0.03 are told
    assert stage_seconds(record)["decode"] == 0.3
    assert stage_seconds(record)["other"] == pytest.approx(0.04)


def test_median_and_95th_percentile(make_record: RecordMaker) -> None:
    timing = timing_of([make_record(seconds_total=float(s)) for s in range(101)])
    assert (timing.median, timing.p95) == (50.0, 95.0)


def test_the_slowest_are_told_apart(make_record: RecordMaker) -> None:
    fast = [make_record(seconds_total=1.0, seconds_decode=0.5) for _ in range(19)]
    timing = timing_of([*fast, make_record(seconds_total=9.0, seconds_decode=8.5)])
    assert timing.slow_stages["decode"] == 8.5  # 5 % of 20 images
    assert timing.stages["decode"] == pytest.approx((19 * 0.5 + 8.5) / 20)


def test_failed_images_have_no_say(make_record: RecordMaker) -> None:
    failed = make_record(status=FAILED, seconds_total=99.0)
    timing = timing_of([make_record(seconds_total=1.0), failed])
    assert timing.totals == (1.0,)
    assert slowest([failed], 10) == []


def test_a_run_that_finished_nothing_has_zeros(make_record: RecordMaker) -> None:
    timing = timing_of([make_record(status=FAILED)])
    assert (timing.totals, timing.median, timing.stages["load"]) == ((), 0.0, 0.0)


def test_the_longest_come_first(make_record: RecordMaker) -> None:
    records = [make_record(image=name, seconds_total=s) for name, s in (("a", 1.0), ("b", 3.0))]
    assert [record.image for record in slowest([*records, make_record(image="c")], 2)] == ["b", "a"]
