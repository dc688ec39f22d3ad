"""How good a student is on photographs with masks, at the size that it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from automask.image.trimap import CONTOUR, FOREGROUND
from automask.train.batches import Views
from automask.train.detection import average_precision, detect
from automask.train.examples import Example
from automask.train.probability import probability_map

THRESHOLDS = 256  # of the curves: as many as a probability of 8 bits can tell apart


@dataclass(frozen=True)
class SideFigures:
    """Of one side of the split. All 0..1; None: not of this kind of student."""

    images: int
    iou: float | None = None  # mean over photographs
    dice: float | None = None
    auroc: float | None = None  # over all pixels
    average_precision: float | None = None
    ap50: float | None = None  # of objects

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


def measure_side(net: nn.Module, views: Views, examples: Sequence[Example]) -> SideFigures:
    """The figures on at least one photograph; contours count nowhere."""
    if views.config.net.arch == "maskrcnn":
        pairs = [views.pair(example) for example in examples]
        found = [detect(net, pair.image, pair.image.shape[:2]) for pair in pairs]
        ap50 = average_precision(found, [pair.labels for pair in pairs])
        return SideFigures(len(examples), ap50=ap50)
    return _of_masks(net, views, examples)


def _of_masks(net: nn.Module, views: Views, examples: Sequence[Example]) -> SideFigures:
    from torchmetrics.classification import (
        BinaryAUROC,
        BinaryAveragePrecision,
        BinaryF1Score,
        BinaryJaccardIndex,
    )

    pooled = (BinaryAUROC(thresholds=THRESHOLDS), BinaryAveragePrecision(thresholds=THRESHOLDS))
    each = (BinaryJaccardIndex(zero_division=1.0), BinaryF1Score(zero_division=1.0))
    rows = []
    for example in examples:
        pair = views.pair(example)
        counted = pair.labels != CONTOUR
        likely = torch.from_numpy(probability_map(net, pair.image, views.config.view)[counted])
        true = torch.from_numpy((pair.labels == FOREGROUND)[counted]).long()
        for curve in pooled:
            curve.update(likely, true)
        rows.append([float(figure(likely, true)) for figure in each])
    iou, dice = np.mean(rows, axis=0).tolist()
    auroc, precision = (float(curve.compute()) for curve in pooled)
    return SideFigures(len(examples), iou, dice, auroc, precision)
