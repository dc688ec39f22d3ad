"""One mask of each that are nearly the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from automask.records import Proposal

SAME_IOU = 0.9  # two masks more alike than this are one
SIDE = 64  # px, longest side of the grid that masks are compared on


def distinct(proposals: Sequence[Proposal], same_iou: float) -> list[int]:
    """Indices of what non-maximum suppression by the IoU of the masks leaves, best scores first.

    Of two proposals with an IoU above `same_iou` the one with the lower predicted IoU goes. The
    packages compare boxes instead: there a backdrop, whose box is the frame, deletes every object
    whose box nearly fills it.
    """
    if not proposals:
        return []
    scores = np.array([p.predicted_iou for p in proposals])
    left = np.argsort(-scores, kind="stable")
    overlap = mask_ious(_sampled(proposals))
    kept: list[int] = []
    while len(left):
        best = left[0]
        kept.append(int(best))
        left = left[1:][overlap[best, left[1:]] <= same_iou]
    return kept


def mask_ious(flat: NDArray[np.float32]) -> NDArray[np.float32]:
    """K x K IoU of masks K x n of 0 and 1; 0 where both are empty."""
    shared = flat @ flat.T
    area = np.diag(shared)
    union = area[:, None] + area[None] - shared
    return np.asarray(shared / np.maximum(union, 1), np.float32)


def _sampled(proposals: Sequence[Proposal]) -> NDArray[np.float32]:
    """K x n, every K-th pixel of each mask."""
    step = max(1, -(-max(proposals[0].mask.shape) // SIDE))
    small = np.stack([p.mask[step // 2 :: step, step // 2 :: step] for p in proposals])
    return small.reshape(len(small), -1).astype(np.float32)
