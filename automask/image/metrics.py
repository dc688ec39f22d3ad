"""How alike two masks are."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.records import Mask

BOUNDARY_SIDE = 512  # px, longest side that both masks are brought to
BOUNDARY_TOLERANCE = 2.0  # px at that size


def mask_iou(a: Mask, b: Mask) -> float:
    """Intersection over union of two masks of one shape, 0..1; 1 where both are empty."""
    union = np.count_nonzero(a | b)
    return float(np.count_nonzero(a & b)) / union if union else 1.0


@dataclass(frozen=True)
class Confusion:
    """Pixels by what was predicted of them and what is true. The figures are all 0..1.

    A figure over no pixel at all is 1 if there is nothing to find and nothing was found, else 0.
    """

    both: int  # foreground in both
    predicted_only: int  # taken for foreground, but background
    true_only: int  # foreground that was missed
    neither: int

    @property
    def iou(self) -> float:
        """Intersection over union."""
        return self._share(self.both + self.predicted_only + self.true_only)

    @property
    def dice(self) -> float:
        """Twice what both have over the sum of the two; the F1 score of the pixels."""
        return self._share(self.both + (self.predicted_only + self.true_only) / 2)

    @property
    def precision(self) -> float:
        """Share of the predicted pixels that are true."""
        return self._share(self.both + self.predicted_only)

    @property
    def recall(self) -> float:
        """Share of the true pixels that are predicted."""
        return self._share(self.both + self.true_only)

    def _share(self, whole: float) -> float:
        if whole:
            return self.both / whole
        return float(self.predicted_only + self.true_only == 0)


def confusion(predicted: Mask, true: Mask) -> Confusion:
    """The counts of two masks of one shape."""
    both = int(np.count_nonzero(predicted & true))
    predicted_only = int(np.count_nonzero(predicted)) - both
    true_only = int(np.count_nonzero(true)) - both
    return Confusion(both, predicted_only, true_only, true.size - both - predicted_only - true_only)


@dataclass(frozen=True)
class ScoreCounts:
    """How often each 8-bit score occurs: all that AUROC and the mean error need, so both are exact.

    Each 256 counts, int64, by score 0..255.
    """

    on_object: NDArray[np.int64]
    on_background: NDArray[np.int64]

    @property
    def auroc(self) -> float | None:
        """The chance that a pixel of the object scores higher than one of the background, 0..1.

        Equal scores count as half. None where the truth has no object, or no background.
        """
        pairs = float(self.on_object.sum()) * float(self.on_background.sum())
        if not pairs:
            return None
        below = np.cumsum(self.on_background) - self.on_background
        return float(self.on_object @ (below + self.on_background / 2)) / pairs

    @property
    def average_precision(self) -> float | None:
        """The area below the steps of precision over recall, 0..1; None where there is no object.

        As scikit-learn and the detection benchmarks have it: no interpolation.
        """
        total = float(self.on_object.sum())
        if not total:
            return None
        found = np.cumsum(self.on_object[::-1])  # from the highest score down
        taken = found + np.cumsum(self.on_background[::-1])
        precision = found / np.maximum(taken, 1)
        return float(self.on_object[::-1] @ precision) / total

    @property
    def mean_absolute_error(self) -> float:
        """Mean distance of score / 255 from the truth's 0 or 1, over all pixels, 0..1."""
        scores = np.arange(256)
        off = self.on_object @ (255 - scores) + self.on_background @ scores
        return float(off) / 255 / float(self.on_object.sum() + self.on_background.sum())


def score_counts(scores: NDArray[np.uint8], true: Mask) -> ScoreCounts:
    """The scores of the object's pixels and of the others; both of one shape."""
    on_object, on_background = (
        np.bincount(scores[where], minlength=256) for where in (true, ~true)
    )
    return ScoreCounts(on_object, on_background)


def boundary_f(predicted: Mask, true: Mask) -> float:
    """F-score of the outlines, 0..1: how much of each lies within 2 px of the other.

    Both H x W of one shape, compared at 512 px on the longest side, so that the figure does not
    depend on the photograph's size. After Perazzi et al., "A benchmark dataset and evaluation
    methodology for video object segmentation", 2016. Where one has no outline, being empty or the
    whole frame: 1 if they are equal, else 0.
    """
    ours, theirs = (_outline(_at_boundary_side(mask)) for mask in (predicted, true))
    if not ours.any() or not theirs.any():
        return float(np.array_equal(predicted, true))
    precision = (_distance_to(theirs)[ours] <= BOUNDARY_TOLERANCE).mean()
    recall = (_distance_to(ours)[theirs] <= BOUNDARY_TOLERANCE).mean()
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def _at_boundary_side(mask: Mask) -> Mask:
    scale = BOUNDARY_SIDE / max(mask.shape)
    width, height = (max(1, round(side * scale)) for side in mask.shape[::-1])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    soft = cv2.resize(mask.astype(np.float32), (width, height), interpolation=way)
    return np.asarray(soft >= 0.5)


def _outline(mask: Mask) -> Mask:
    """Mask pixels beside the background; the image's border is no outline."""
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    return mask & (inner == 0)


def _distance_to(outline: Mask) -> NDArray[np.float32]:
    return cv2.distanceTransform((~outline).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
