"""Fits the weights of linear evidence with numpy.

Listwise for the choice among proposals, logistic for binary outcomes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automask.image.evidence import NAMES
from automask.image.scorer import Linear, Term, logistic

Floats = NDArray[np.float64]

OBJECT_IOU = 0.5
STEPS, RATE = 200, 0.05  # of Adam, for the choice
# Strength of the ridge towards the initial weights, or towards 0 without any, in images: this many
# would have to disagree by a whole IoU for a weight to move by 1.
HOLD_TO_BEGIN, HOLD_TO_NOTHING = 5.0, 0.1
HOLD_SCALE, MIN_SCALE = 1e-3, 0.05
NEWTON_STEPS, HALVINGS = 30, 20
MIN_DEVIATION = 1e-3


@dataclass(frozen=True)
class RankingGroup:
    """The proposals of one image with their evidence."""

    table: Floats  # K x F
    ious: Floats  # K, with the true mask
    weight: float = 1.0


def fit_weights(lists: Sequence[RankingGroup], begin: Linear | None) -> Linear:
    """The choice's weights, as log odds of being the object."""
    table = np.concatenate([listed.table for listed in lists])
    linear = begin or blank(NAMES, table)
    rows = [linear.standardised(NAMES, listed.table) for listed in lists]
    images = sum(listed.weight for listed in lists)
    hold = HOLD_TO_BEGIN if begin else HOLD_TO_NOTHING
    weights = _listwise(rows, lists, weights_of(linear, NAMES), hold / images)
    return _as_log_odds(linear, weights, rows, lists)


def fit_logistic(
    rows: Floats, truth: NDArray[np.bool_], weight: Floats, hold: Floats, held: Floats
) -> Floats:
    """Logistic regression by Newton's method.

    Args:
        rows: K x F evidence.
        truth: K outcomes.
        weight: K sample weights.
        hold: F + 1 strengths of a ridge.
        held: F + 1 weights that the ridge pulls towards.

    Returns:
        F + 1 weights, the intercept last.
    """
    x = np.hstack([rows, np.ones((len(rows), 1))])
    ridge = np.diag(hold + 1e-9)

    def loss(w: Floats) -> float:
        z = x @ w
        return float(weight @ (np.logaddexp(0, z) - truth * z) + hold @ (w - held) ** 2 / 2)

    w = np.array(held, np.float64)
    for _ in range(NEWTON_STEPS):
        p = logistic(x @ w)
        slope = x.T @ (weight * (truth - p)) - hold * (w - held)
        curve = (x * (weight * p * (1 - p))[:, None]).T @ x + ridge
        w = _shortened(w, np.asarray(np.linalg.solve(curve, slope), np.float64), loss)
    return w


def _shortened(w: Floats, step: Floats, loss: Callable[[Floats], float]) -> Floats:
    """`w + step`, with the step halved until the loss does not grow."""
    before = loss(w)
    for halvings in range(HALVINGS):
        after = w + step / 2**halvings
        if loss(after) <= before:
            return after
    return w


def blank(names: Sequence[str], table: Floats) -> Linear:
    """A scorer with means and deviations of the known values, and weights of 0."""
    known = np.ma.masked_invalid(table)
    deviation = np.maximum(known.std(axis=0).filled(1.0), MIN_DEVIATION)
    columns = zip(names, known.mean(axis=0).filled(0.0), deviation, strict=True)
    return Linear(terms={n: Term(mean=m, deviation=d, weight=0) for n, m, d in columns})


def weights_of(linear: Linear, names: Sequence[str]) -> Floats:
    """The weights of the named terms, 0 for those that the scorer lacks."""
    return np.array([linear.terms[n].weight if n in linear.terms else 0.0 for n in names])


def _listwise(
    rows: Sequence[Floats], lists: Sequence[RankingGroup], held: Floats, hold: float
) -> Floats:
    """The F weights that maximise the expected IoU, by Adam (Kingma and Ba, 2015)."""
    padded, ious, is_there = _padded(rows, lists)
    share = np.array([listed.weight for listed in lists])
    share /= share.sum()
    w, first, second = held.copy(), np.zeros(len(held)), np.zeros(len(held))
    for step in range(1, STEPS + 1):
        logits = np.where(is_there, padded @ w, -np.inf)
        chance = np.exp(logits - logits.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        gain = chance * (ious - (chance * ious).sum(axis=1, keepdims=True))
        slope = hold * (w - held) - np.einsum("nkf,nk,n->f", padded, gain, share)
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        steady = first / (1 - 0.9**step), second / (1 - 0.999**step)
        w = w - RATE * steady[0] / (np.sqrt(steady[1]) + 1e-8)
    return w


def _padded(
    rows: Sequence[Floats], lists: Sequence[RankingGroup]
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """N x K x F evidence, N x K IoU, and N x K bool: which are not padding."""
    most = max(map(len, rows))
    padded = np.zeros((len(rows), most, rows[0].shape[1]))
    ious, is_there = np.zeros((len(rows), most)), np.zeros((len(rows), most), np.bool_)
    for i, (own, listed) in enumerate(zip(rows, lists, strict=True)):
        padded[i, : len(own)], ious[i, : len(own)] = own, listed.ious
        is_there[i, : len(own)] = True
    return padded, ious, is_there


def _as_log_odds(
    linear: Linear, weights: Floats, rows: Sequence[Floats], lists: Sequence[RankingGroup]
) -> Linear:
    """Fit level and scale, because so far only differences within an image were fitted."""
    evidence_of_all = np.concatenate(rows) @ weights
    is_object = np.concatenate([listed.ious >= OBJECT_IOU for listed in lists])
    each = np.concatenate([np.full(len(r), s.weight) for r, s in zip(rows, lists, strict=True)])
    hold = np.array([HOLD_SCALE, 0.0])
    slope, intercept = fit_logistic(
        evidence_of_all[:, None], is_object, each, hold, np.array([1.0, 0.0])
    )
    # Between images the evidence may correlate negatively with the truth.
    return weighted(linear, NAMES, max(slope, MIN_SCALE) * weights, intercept)


def weighted(linear: Linear, names: Sequence[str], weights: Floats, intercept: float) -> Linear:
    """The scorer with other weights."""
    terms = {
        name: linear.terms[name].model_copy(update={"weight": round(float(weight), 4)})
        for name, weight in zip(names, weights, strict=True)
        if name in linear.terms
    }
    return Linear(intercept=round(float(intercept), 4), terms=terms)
