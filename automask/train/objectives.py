"""What a training makes small, and what it chooses its best round by: of masks, and of objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.ops import masks_to_boxes

from automask.image.metrics import mask_iou
from automask.image.trimap import CONTOUR, FOREGROUND
from automask.train.batches import OUTSIDE, Batch, Views
from automask.train.detection import average_precision, detect
from automask.train.examples import Example
from automask.train.losses import make_loss
from automask.train.probability import expected_iou, probability_map
from automask.train.settings import TrainConfig

# More photographs than these do not change which round is the best, and take as long as learning.
MOST_VALIDATED = 100
SMALLEST_PX = 2  # of a box's sides: Mask R-CNN refuses boxes without area


class Objective(Protocol):
    """How a kind of network learns."""

    figure: str  # the name of what `validate` gives

    def loss(self, net: nn.Module, batch: Batch) -> Tensor: ...

    def validate(self, net: nn.Module, examples: Sequence[Example]) -> float: ...


def make_objective(config: TrainConfig, views: Views) -> Objective:
    """Of the network that the config asks for."""
    return ObjectsObjective(views) if config.net.arch == "maskrcnn" else MasksObjective(views)


class MasksObjective:
    """Every pixel is the object or not."""

    figure = "iou"

    def __init__(self, views: Views) -> None:
        self.views, self.criterion = views, make_loss(views.config.loss)

    def loss(self, net: nn.Module, batch: Batch) -> Tensor:
        return self.criterion(net(batch.images), batch.labels, batch.weights)

    def validate(self, net: nn.Module, examples: Sequence[Example]) -> float:
        """Mean IoU of the photographs, at the size that the network is shown, contours left out."""
        ious = [iou for _, iou in self.trusted(net, examples[:MOST_VALIDATED])]
        return float(np.mean(ious))

    def trusted(self, net: nn.Module, examples: Sequence[Example]) -> list[tuple[float, float]]:
        """Of each photograph the IoU that the network expects, and the true one."""
        rows = []
        for example in examples:
            pair = self.views.pair(example)
            likely = probability_map(net, pair.image, self.views.config.view)
            counted = pair.labels != CONTOUR
            true = pair.labels == FOREGROUND
            iou = mask_iou((likely >= 0.5)[counted], true[counted])
            rows.append((expected_iou(likely), iou))
        return rows


class ObjectsObjective:
    """Each object has a box and a mask of its own: the losses of Mask R-CNN."""

    figure = "ap50"

    def __init__(self, views: Views) -> None:
        self.views = views

    def loss(self, net: nn.Module, batch: Batch) -> Tensor:
        targets = [target_of(labels) for labels in batch.labels]
        losses = net(list(batch.images), targets)
        return torch.stack(list(losses.values())).sum()

    def validate(self, net: nn.Module, examples: Sequence[Example]) -> float:
        """Average precision at an IoU of 0.5 of the objects' masks."""
        pairs = [self.views.pair(example) for example in examples[:MOST_VALIDATED]]
        found = [detect(net, pair.image, pair.image.shape[:2]) for pair in pairs]
        return average_precision(found, [pair.labels for pair in pairs])


def target_of(labels: Tensor) -> dict[str, Tensor]:
    """What Mask R-CNN learns from a label image (S x S uint8 ids): boxes xyxy, labels, masks."""
    ids = [int(i) for i in labels.unique() if 0 < i < OUTSIDE]
    masks = torch.stack([labels == i for i in ids]) if ids else labels.new_zeros(0, *labels.shape)
    boxes = masks_to_boxes(masks) if ids else torch.zeros(0, 4, device=labels.device)
    sides = boxes[:, 2:] - boxes[:, :2]
    kept = (sides >= SMALLEST_PX).all(dim=1)
    return {
        "boxes": boxes[kept],
        "labels": torch.ones(int(kept.sum()), dtype=torch.int64, device=labels.device),
        "masks": masks[kept].to(torch.uint8),
    }
