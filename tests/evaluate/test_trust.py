"""What a confidence is worth, on lists that can be counted by hand. Good is an IoU of 0.8."""

from __future__ import annotations

import pytest

from automask.evaluate.trust import (
    bad_among_sure,
    calibration_error,
    detectors,
    reliability,
    risk_coverage,
    trust,
)

GOOD, BAD = 0.9, 0.3
# Five images from the surest down; the fourth and the fifth are bad.
CONFIDENCES = (0.95, 0.9, 0.7, 0.4, 0.1)
IOUS = (GOOD, GOOD, GOOD, BAD, BAD)


# Reliability


def test_a_bin_has_the_images_of_about_one_confidence() -> None:
    bins = reliability((0.72, 0.78, 0.1), (GOOD, BAD, GOOD))
    assert len(bins) == 10
    assert (bins[7].low, bins[7].high) == (0.7, 0.8)
    assert bins[7].images == 2
    assert bins[7].confidence == pytest.approx(0.75)
    assert bins[7].good == 0.5
    assert (bins[1].images, bins[1].good) == (1, 1.0)


def test_a_bin_without_images_has_no_figures() -> None:
    assert [(b.images, b.confidence, b.good) for b in reliability((0.95,), (GOOD,))[:9]] == [
        (0, None, None)
    ] * 9


def test_certainty_falls_into_the_last_bin() -> None:
    assert reliability((1.0, 0.0), (GOOD, BAD))[9].images == 1


def test_good_begins_at_0_8() -> None:
    assert reliability((0.95, 0.95), (0.8, 0.799))[9].good == 0.5


def test_the_calibration_error_weighs_each_bin_by_its_images() -> None:
    # Two images: mean 0.75, half of them good, gap 0.25. One image: 0.9, good, gap 0.1.
    bins = reliability((0.7, 0.8 - 1e-12, 0.9), (GOOD, BAD, GOOD))
    assert calibration_error(bins) == pytest.approx((2 * 0.25 + 1 * 0.1) / 3)


def test_an_honest_confidence_has_no_calibration_error() -> None:
    assert calibration_error(reliability([0.75] * 4, (GOOD, GOOD, GOOD, BAD))) == 0


# Risk and coverage


def test_the_risk_is_the_share_of_bad_ones_among_those_kept() -> None:
    curve = risk_coverage(CONFIDENCES, IOUS)
    assert curve.coverage.tolist() == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert curve.risk.tolist() == [0, 0, 0, 1 / 4, 2 / 5]
    assert curve.area == pytest.approx((1 / 4 + 2 / 5) / 5)


def test_the_order_of_the_images_does_not_matter() -> None:
    backwards = risk_coverage(CONFIDENCES[::-1], IOUS[::-1])
    assert backwards.risk.tolist() == risk_coverage(CONFIDENCES, IOUS).risk.tolist()


def test_a_confidence_that_knows_nothing_has_the_risk_of_all_everywhere() -> None:
    assert risk_coverage([0.5] * 4, (BAD, GOOD, GOOD, BAD)).risk.tolist() == [0.5] * 4


def test_an_order_by_the_wrong_way_round_is_worse_than_chance() -> None:
    assert risk_coverage(CONFIDENCES, IOUS[::-1]).area > 2 / 5


def test_most_bad_ones_lie_outside_the_most_confident_80_percent() -> None:
    # Four of five images are kept, and one of the two bad ones among them.
    assert bad_among_sure(CONFIDENCES, IOUS) == 1 / 2
    assert bad_among_sure(CONFIDENCES, (GOOD, GOOD, GOOD, GOOD, BAD)) == 0


def test_of_images_of_one_confidence_the_bad_ones_are_spread_evenly() -> None:
    assert bad_among_sure([0.5] * 10, [BAD] + [GOOD] * 9) == pytest.approx(0.8)


def test_without_a_bad_mask_there_is_no_share_of_them() -> None:
    assert bad_among_sure(CONFIDENCES, [GOOD] * 5) is None


# Flags


def test_a_flag_is_measured_as_a_detector_of_bad_masks() -> None:
    flags = ((), ("tiny",), (), ("tiny", "ambiguous"), ())
    ambiguous, tiny = detectors(flags, IOUS)
    assert (ambiguous.flag, ambiguous.images) == ("ambiguous", 1)
    assert (ambiguous.precision, ambiguous.recall) == (1, 1 / 2)
    assert (tiny.flag, tiny.images, tiny.precision, tiny.recall) == ("tiny", 2, 1 / 2, 1 / 2)


def test_without_a_bad_mask_a_flag_has_no_recall() -> None:
    (tiny,) = detectors((("tiny",), ()), (GOOD, GOOD))
    assert (tiny.precision, tiny.recall) == (0, None)


# All of it


def test_trust_has_all_of_it_beside_the_best_order_and_chance() -> None:
    found = trust(CONFIDENCES, IOUS, [()] * 5)
    assert (found.images, found.bad) == (5, 2)
    assert found.area == found.area_best == pytest.approx(0.13)
    assert found.area_chance == 2 / 5
    assert found.bad_among_sure == 1 / 2
    assert found.detectors == ()
    assert found.calibration_error == pytest.approx((0.05 + 0.1 + 0.3 + 0.4 + 0.1) / 5)


def test_the_best_order_has_all_bad_ones_last() -> None:
    found = trust(CONFIDENCES, IOUS[::-1], [()] * 5)
    assert found.area_best == pytest.approx(0.13)
    assert found.area > found.area_chance
