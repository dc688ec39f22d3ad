"""The objects that a Mask R-CNN student finds, and how many of them are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from automask.records import Mask
from automask.train.batches import normalised

LEAST_SCORE = 0.05  # below, torchvision keeps no box either
Soft = NDArray[np.float32]


@dataclass(frozen=True)
class Detected:
    """One object."""

    score: float  # 0..1, how likely it is one
    soft: Soft  # h x w, 0..1: how likely each pixel is its


def detect(net: nn.Module, image_rgb: NDArray[np.uint8], shape: tuple[int, ...]) -> list[Detected]:
    """The objects in a photograph h x w x 3 uint8 RGB, by falling score, at H x W = `shape`."""
    device = next(net.parameters()).device
    image = torch.tensor(image_rgb).permute(2, 0, 1).to(device)
    with torch.inference_mode():
        found = net([normalised(image)])[0]
    height, width = shape[:2]
    objects = []
    for score, soft in zip(found["scores"].tolist(), found["masks"][:, 0], strict=True):
        if score >= LEAST_SCORE:
            objects.append(Detected(score, cv2.resize(soft.cpu().numpy(), (width, height))))
    return objects


def average_precision(
    found: Sequence[Sequence[Detected]], truths: Sequence[NDArray[np.uint8]]
) -> float:
    """AP50 by torchmetrics: 0..1, over all photographs. truths: label images, h x w ids."""
    from torchmetrics.detection import MeanAveragePrecision

    metric = MeanAveragePrecision(iou_type="segm", iou_thresholds=[0.5])
    for objects, labels in zip(found, truths, strict=True):
        masks = [one.soft >= 0.5 for one in objects]
        metric.update(
            [{**_stacked(masks, labels.shape), "scores": torch.tensor([o.score for o in objects])}],
            [_stacked([labels == i for i in np.unique(labels) if i], labels.shape)],
        )
    return max(0.0, float(metric.compute()["map_50"]))


def _stacked(masks: Sequence[Mask], shape: tuple[int, ...]) -> dict[str, torch.Tensor]:
    stack = np.stack(masks) if masks else np.zeros((0, *shape), np.bool_)
    return {
        "masks": torch.from_numpy(stack),
        "labels": torch.zeros(len(stack), dtype=torch.int64),
    }
