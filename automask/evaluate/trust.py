"""The calibration of a confidence, and how well it finds the bad masks.

Works on plain sequences, one entry for each image. A mask is good from an IoU of GOOD_IOU on, which
automask's confidence estimates the probability of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

GOOD_IOU = 0.8
BINS = 10
SURE_SHARE = 0.8  # of all images: the most confident, which nobody looks at

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bin:
    """Images of similar confidence; calibrated where `confidence` equals `good`."""

    low: float
    high: float  # not included, but in the last bin
    images: int
    confidence: float | None  # the mean; None: no image
    good: float | None  # share of good masks; None: no image


@dataclass(frozen=True)
class RiskCoverage:
    """The share of bad masks when the k most confident of N images are kept, k = 1..N.

    Each N float64. Among images of one confidence the bad ones are spread evenly.
    """

    coverage: Floats  # k / N
    risk: Floats  # share of bad masks among those kept

    @property
    def area(self) -> float:
        """Area under the curve: the mean risk over all k. 0 is perfect."""
        return float(self.risk.mean())


@dataclass(frozen=True)
class Detector:
    """A flag as a detector of bad masks."""

    flag: str
    images: int  # on which it is raised
    precision: float  # share of bad masks among these
    recall: float | None  # share of all bad masks that have the flag; None: there is none


@dataclass(frozen=True)
class Trust:
    """The figures of a confidence."""

    images: int
    bad: int  # masks with an IoU below GOOD_IOU
    bins: tuple[Bin, ...]
    calibration_error: float
    curve: RiskCoverage
    area: float  # under the curve
    area_best: float  # of an order that has all bad masks last
    area_chance: float  # of an order by chance, on average: the share of bad masks
    bad_among_sure: float | None  # share of all bad masks in the most confident SURE_SHARE
    detectors: tuple[Detector, ...]


def trust(confidences: ArrayLike, ious: ArrayLike, flags: Sequence[Sequence[str]]) -> Trust:
    """All figures of at least one image. confidences, ious: N, 0..1; flags: N lists."""
    bad = _is_bad(ious)
    bins = reliability(confidences, ious)
    curve = risk_coverage(confidences, ious)
    return Trust(
        images=len(bad),
        bad=int(bad.sum()),
        bins=bins,
        calibration_error=calibration_error(bins),
        curve=curve,
        area=curve.area,
        area_best=risk_coverage(~bad, ious).area,
        area_chance=float(bad.mean()),
        bad_among_sure=bad_among_sure(confidences, ious),
        detectors=detectors(flags, ious),
    )


def reliability(confidences: ArrayLike, ious: ArrayLike, bins: int = BINS) -> tuple[Bin, ...]:
    """Bins of equal width over 0..1. confidences, ious: N, 0..1."""
    sure = np.asarray(confidences, np.float64)
    good = ~_is_bad(ious)
    numbers = np.clip((sure * bins).astype(int), 0, bins - 1)
    return tuple(
        Bin(n / bins, (n + 1) / bins, *_bin_figures(sure[numbers == n], good[numbers == n]))
        for n in range(bins)
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error, 0..1.

    The mean distance of confidence from the share of good masks, bins weighted by their images.
    """
    full = [
        (b.images, b.confidence - b.good)
        for b in bins
        if b.confidence is not None and b.good is not None
    ]
    return sum(images * abs(gap) for images, gap in full) / sum(images for images, _ in full)


def risk_coverage(confidences: ArrayLike, ious: ArrayLike) -> RiskCoverage:
    """The curve of at least one image. confidences, ious: N, 0..1."""
    kept = np.arange(1.0, len(np.asarray(ious)) + 1)
    return RiskCoverage(kept / len(kept), _bad_among_first(kept, confidences, ious) / kept)


def bad_among_sure(
    confidences: ArrayLike, ious: ArrayLike, share: float = SURE_SHARE
) -> float | None:
    """The share of all bad masks that lie in the most confident `share` of the images.

    None without bad masks. A random order has `share` of them there, a good one nearly none.
    """
    bad = _is_bad(ious)
    if not bad.any():
        return None
    sure = np.array([share * len(bad)])
    return float(_bad_among_first(sure, confidences, ious)[0] / bad.sum())


def detectors(flags: Sequence[Sequence[str]], ious: ArrayLike) -> tuple[Detector, ...]:
    """Each flag that occurs, sorted by name. flags: those of each image."""
    bad = _is_bad(ious)
    found = []
    for flag in sorted({flag for raised in flags for flag in raised}):
        has = np.array([flag in raised for raised in flags])
        hits = int((has & bad).sum())
        recall = hits / int(bad.sum()) if bad.any() else None
        found.append(Detector(flag, int(has.sum()), hits / int(has.sum()), recall))
    return tuple(found)


def _is_bad(ious: ArrayLike) -> NDArray[np.bool_]:
    return np.asarray(np.asarray(ious, np.float64) < GOOD_IOU)


def _bin_figures(sure: Floats, good: NDArray[np.bool_]) -> tuple[int, float | None, float | None]:
    if not len(sure):
        return 0, None, None
    return len(sure), float(sure.mean()), float(good.mean())


def _bad_among_first(kept: Floats, confidences: ArrayLike, ious: ArrayLike) -> Floats:
    """How many bad masks the `kept` (any numbers of 0..N) most confident images hold."""
    sure = np.asarray(confidences, np.float64)
    bad = _is_bad(ious)
    levels, group = np.unique(-sure, return_inverse=True)  # from the most confident down
    images = np.cumsum(np.bincount(group, minlength=len(levels)))
    so_far = np.cumsum(np.bincount(group, weights=bad, minlength=len(levels)))
    return np.interp(kept, [0, *images], [0.0, *so_far])
