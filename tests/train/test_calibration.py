"""A confidence means what it says."""

from __future__ import annotations

import numpy as np

from automask.train.calibration import confidence, fit_calibration
from automask.train.files import Calibration


def test_a_network_that_is_too_sure_of_itself_is_believed_less() -> None:
    rng = np.random.default_rng(0)
    expected = rng.uniform(0.9, 0.99, 200)
    ious = np.where(rng.uniform(size=200) < 0.4, 0.9, 0.3)  # two of five are good
    calibration = fit_calibration(expected.tolist(), ious.tolist())
    assert calibration.images == 200
    assert 0.3 < confidence(calibration, 0.95) < 0.5


def test_what_it_expects_more_of_is_trusted_more() -> None:
    expected = np.linspace(0.5, 0.98, 100)
    calibration = fit_calibration(expected.tolist(), (expected - 0.02).tolist())
    assert confidence(calibration, 0.6) < 0.2 < 0.8 < confidence(calibration, 0.95)


def test_too_few_photographs_calibrate_nothing() -> None:
    assert fit_calibration([0.9] * 9, [0.2] * 9) == Calibration(images=0)


def test_without_a_calibration_the_networks_own_word_counts() -> None:
    assert round(confidence(Calibration(), 0.7), 6) == 0.7


def test_certainty_stays_a_number() -> None:
    assert 0.99 < confidence(Calibration(), 1.0) < 1.0
