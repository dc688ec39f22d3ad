"""Every mask that a model gives for a grid of points, and which of them each filter leaves.

The filters are those of a run, one after the other: what a run never sees, because the generator
drops it at once, is seen here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.ops import batched_nms

from automask.records import Mask, Proposal
from automask.sam.distinct import distinct
from automask.sam.generator import generate, make_generator
from automask.sam.look import FastLook

# What lets every mask through; NMS deletes what is more alike than 1, which nothing is.
OPEN = {"pred_iou_thresh": 0.0, "stability_score_thresh": 0.0, "box_nms_thresh": 1.0}
NO_NMS_IOU = 1.0

Kept = NDArray[np.int64]  # indices into the proposals
Nms = Callable[[Sequence[Proposal]], Sequence[int]]
Ask = Callable[[NDArray[np.uint8]], list[Proposal]]


@dataclass(frozen=True)
class Thresholds:
    """Of a generator's filters, in the order in which they are applied."""

    predicted_iou: float  # a mask must have more; 0: every mask may pass
    stability: float  # at least; 0: every mask may pass
    nms: float  # IoU of boxes, or of masks: above it the one with the lower predicted IoU goes


def stock_thresholds(generator: Any) -> Thresholds:
    """Those of a generator of either package, whose NMS compares boxes."""
    return Thresholds(
        generator.pred_iou_thresh, generator.stability_score_thresh, generator.box_nms_thresh
    )


def unfiltered_stock(model: Any) -> Ask:
    """Asks the package's own class, its filters open: image H x W x 3 -> masks of its size."""
    generator = make_generator(model, "stock", **OPEN)

    def ask(image_rgb: NDArray[np.uint8]) -> list[Proposal]:
        return [
            Proposal(
                np.asarray(record["segmentation"], np.bool_),
                float(record["predicted_iou"]),
                float(record["stability_score"]),
            )
            for record in generate(generator, image_rgb)
        ]

    return ask


def unfiltered_fast(model: Any, dtype: torch.dtype) -> Ask:
    """The same of the fast generator, its masks as small as a run judges them."""
    generator = make_generator(model, "fast", dtype, **OPEN)

    def ask(image_rgb: NDArray[np.uint8]) -> list[Proposal]:
        with torch.inference_mode():
            look = FastLook(generator, image_rgb, NO_NMS_IOU)
            look.ask(np.asarray(generator.point_grids[0]))
            return look.proposals()

    return ask


def survivors(proposals: Sequence[Proposal], thresholds: Thresholds, nms: Nms) -> list[Kept]:
    """What is left at first, after the confidence, after the stability, and after `nms`."""
    scores = np.array([p.predicted_iou for p in proposals])
    stability = np.array([p.stability_score for p in proposals])
    everything = np.ones(len(proposals), np.bool_)
    confident = everything if thresholds.predicted_iou <= 0 else scores > thresholds.predicted_iou
    stable = everything if thresholds.stability <= 0 else stability >= thresholds.stability
    before_nms = np.flatnonzero(confident & stable)
    kept = before_nms[list(nms([proposals[i] for i in before_nms.tolist()]))]
    return [np.flatnonzero(everything), np.flatnonzero(confident), before_nms, kept]


def by_boxes(most_alike: float) -> Nms:
    """The packages' non-maximum suppression: by the IoU of the boxes."""

    def nms(proposals: Sequence[Proposal]) -> list[int]:
        if not proposals:
            return []
        boxes = torch.tensor([_box_xyxy(p.mask) for p in proposals], dtype=torch.float32)
        scores = torch.tensor([p.predicted_iou for p in proposals])
        kept: list[int] = batched_nms(boxes, scores, torch.zeros(len(scores)), most_alike).tolist()
        return kept

    return nms


def by_masks(most_alike: float) -> Nms:
    """Ours: by the IoU of the masks."""
    return lambda proposals: distinct(proposals, most_alike)


def _box_xyxy(mask: Mask) -> tuple[int, int, int, int]:
    """First and last column and row, as the packages have it: the last one is inside."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return 0, 0, 0, 0
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])
