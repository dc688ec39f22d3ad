"""What a student's confidence is worth, fitted on photographs that it has not learned from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from automask.evaluate.trust import GOOD_IOU
from automask.image.scorer import logistic
from automask.train.files import Calibration
from automask.tuning.fit_linear import fit_logistic

# With fewer the two weights would say more of these photographs than of others.
ENOUGH = 10
# How strongly the weights are held to "as likely good as the network expects", in photographs.
HOLD = 1.0
SURE = 1e-3  # as near to 0 and 1 as an expected IoU is believed


def fit_calibration(expected: Sequence[float], ious: Sequence[float]) -> Calibration:
    """From the IoU that the network expects and the true one, of photographs of the validation."""
    if len(ious) < ENOUGH:
        return Calibration()
    rows = _logit(np.array(expected))[:, None]
    good = np.array(ious) >= GOOD_IOU
    held = np.array([1.0, 0.0])
    slope, intercept = fit_logistic(rows, good, np.ones(len(good)), np.full(2, HOLD), held)
    return Calibration(slope=max(float(slope), 0.0), intercept=float(intercept), images=len(good))


def confidence(calibration: Calibration, expected: float) -> float:
    """How likely a mask is good, 0..1, by the IoU that the network expects of it."""
    log_odds = calibration.slope * _logit(np.array([expected])) + calibration.intercept
    return float(logistic(log_odds)[0])


def _logit(share: NDArray[np.float64]) -> NDArray[np.float64]:
    held = share.clip(SURE, 1 - SURE)
    return np.log(held / (1 - held))
