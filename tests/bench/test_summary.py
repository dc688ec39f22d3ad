"""Medians, rates, ratios and likeness, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from automask.bench.figures import ColdStart, Measured, Variant
from automask.bench.summary import (
    Spread,
    pairs_to_compare,
    parity,
    ratios,
    seconds_for,
    spread,
    summarise,
)
from automask.records import ImageRecord

MeasuredMaker = Callable[..., Measured]
STOCK, FAST = Variant("tiny", "cpu", "stock"), Variant("tiny", "cpu", "fast")


def test_a_spread_is_the_median_and_the_ends() -> None:
    assert spread([5.0, 1.0, 2.0]) == Spread(2.0, 1.0, 5.0)
    assert spread([1.0, 2.0]) == Spread(1.5, 1.0, 2.0)
    assert spread([]) is None


# A variant's summary


def test_images_per_hour_are_those_of_whole_rounds(make_measured: MeasuredMaker) -> None:
    # Two images in 2, 4 and 3 s: 3600, 1800 and 2400 an hour.
    summary = summarise(make_measured(seconds=(2.0, 4.0, 3.0)))
    assert summary.images_per_hour == Spread(2400.0, 1800.0, 3600.0)


def test_711_images_take_the_cold_start_and_711_times_an_image(
    make_measured: MeasuredMaker,
) -> None:
    # 3 + 1 + 6 s until the first mask; then an image a second.
    measured = make_measured(seconds=(2.0,), cold_start=ColdStart(3.0, 1.0, 6.0))
    assert summarise(measured).seconds_collection == 721.0
    assert seconds_for(10, 3600.0, measured) == 20.0


def test_stages_are_medians_over_the_images_of_all_rounds(
    make_measured: MeasuredMaker, make_record: Callable[..., ImageRecord]
) -> None:
    records = [make_record(seconds_decode=s) for s in (0.25, 0.5, 2.0)]
    summary = summarise(make_measured(seconds=(2.0, 2.0), records=records))
    assert summary.stages["decode"] == Spread(0.5, 0.25, 2.0)
    assert list(summary.stages) == [
        "load", "encode", "decode", "choose", "refine", "write", "total",
    ]  # fmt: skip


def test_an_image_that_failed_counts_neither_as_done_nor_for_its_seconds(
    make_measured: MeasuredMaker, make_record: Callable[..., ImageRecord]
) -> None:
    failed = make_record(image="b.jpg", status="failed", error="damaged", seconds_load=9.0)
    empty = make_record(image="c.jpg", status="no_object")
    measured = make_measured(seconds=(4.0,), records=(make_record(), failed, empty))
    summary = summarise(measured)
    assert summary.images_per_hour == Spread(1800.0, 1800.0, 1800.0)
    assert summary.stages["load"] == Spread(0.1, 0.1, 0.1)
    assert measured.failures == [("b.jpg", "damaged")]


def test_where_every_image_failed_there_is_no_figure(
    make_measured: MeasuredMaker, make_record: Callable[..., ImageRecord]
) -> None:
    failed = make_record(status="failed", error="damaged", seconds_load=None)
    measured = make_measured(seconds=(1.0, 1.0), records=(failed,))
    summary = summarise(measured)
    assert (summary.images_per_hour, summary.seconds_collection, summary.stages) == (None, None, {})
    assert measured.failures == [("a.jpg", "damaged")]  # once, though it came in both rounds


# Ratios


def test_a_ratio_is_taken_within_each_round(make_measured: MeasuredMaker) -> None:
    # The second round was slow for both: 8 / 2, 16 / 4, 9 / 3. Medians alone would say 9 / 3.
    stock = make_measured("tiny cpu stock", (8.0, 16.0, 9.0))
    fast = make_measured("tiny cpu fast", (2.0, 4.0, 3.0))
    (ratio,) = ratios([stock, fast])
    assert (ratio.differ_in, ratio.reference, ratio.other) == ("generator", STOCK, FAST)
    assert ratio.times_as_fast == Spread(4.0, pytest.approx(3.0), 4.0)


def test_the_order_in_which_variants_were_named_does_not_matter(
    make_measured: MeasuredMaker,
) -> None:
    measured = [make_measured("tiny cpu fast", (2.0,)), make_measured("tiny cpu stock", (8.0,))]
    (ratio,) = ratios(measured)
    assert (ratio.reference, ratio.times_as_fast.median) == (STOCK, 4.0)


def test_devices_are_compared_generator_by_generator(make_measured: MeasuredMaker) -> None:
    seconds = {
        "tiny cpu stock": 12.0,
        "tiny cpu fast": 4.0,
        "tiny cuda:0 stock": 2.0,
        "tiny cuda:0 fast": 1.0,
    }
    found = ratios([make_measured(name, (wall,)) for name, wall in seconds.items()])
    assert [(r.reference.name, r.other.name, r.times_as_fast.median) for r in found] == [
        ("tiny cpu stock", "tiny cpu fast", pytest.approx(3.0)),
        ("tiny cuda:0 stock", "tiny cuda:0 fast", 2.0),
        ("tiny cpu stock", "tiny cuda:0 stock", pytest.approx(6.0)),
        ("tiny cpu fast", "tiny cuda:0 fast", 4.0),
    ]


def test_models_are_not_compared_with_each_other(make_measured: MeasuredMaker) -> None:
    assert ratios([make_measured("tiny cpu fast"), make_measured("vit_b cpu fast")]) == []


def test_without_stock_the_first_generator_is_the_reference(make_measured: MeasuredMaker) -> None:
    (ratio,) = ratios([make_measured("tiny cpu other"), make_measured("tiny cpu fast")])
    assert ratio.reference.generator == "other"


def test_a_round_in_which_every_image_failed_says_nothing_about_the_ratio(
    make_measured: MeasuredMaker, make_record: Callable[..., ImageRecord]
) -> None:
    failed = make_record(status="failed", error="damaged")
    broken = make_measured("tiny cpu stock", records=(failed,))
    assert ratios([broken, make_measured("tiny cpu fast")]) == []


# Likeness of masks


def test_parity_is_the_share_of_like_masks_their_mean_and_the_worst() -> None:
    found = parity(STOCK, FAST, {"a": 1.0, "b": 0.95, "c": 0.25, "d": 1.0})
    assert (found.images, found.share_alike) == (4, 0.75)
    assert found.mean_iou == pytest.approx(0.8)
    assert (found.worst_iou, found.worst_image) == (0.25, "c")


def test_every_two_variants_of_a_model_are_compared(make_measured: MeasuredMaker) -> None:
    names = ("tiny cpu stock", "tiny cpu fast", "tiny cuda:0 fast", "vit_b cpu fast")
    pairs = pairs_to_compare([make_measured(name) for name in names])
    assert [(a.variant.name, b.variant.name) for a, b in pairs] == [
        ("tiny cpu stock", "tiny cpu fast"),
        ("tiny cpu stock", "tiny cuda:0 fast"),
        ("tiny cpu fast", "tiny cuda:0 fast"),
    ]


def test_masks_of_random_weights_are_never_compared(make_measured: MeasuredMaker) -> None:
    random = [make_measured(f"vit_b cpu {g}", is_random=True) for g in ("stock", "fast")]
    assert pairs_to_compare(random) == []
