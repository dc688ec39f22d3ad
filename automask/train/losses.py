"""What is to become small: segmentation-models-pytorch's losses, photograph by photograph."""

from __future__ import annotations

from collections.abc import Callable

import segmentation_models_pytorch as smp
import torch
from torch import Tensor

from automask.image.trimap import CONTOUR, FOREGROUND
from automask.train.batches import OUTSIDE
from automask.train.settings import Loss

Term = Callable[[Tensor, Tensor], Tensor]

_MODE = smp.losses.MULTILABEL_MODE


def _terms(name: Loss) -> list[Term]:
    terms: dict[str, Term] = {
        "bce": smp.losses.SoftBCEWithLogitsLoss(),
        "dice": smp.losses.DiceLoss(_MODE),
        "iou": smp.losses.JaccardLoss(_MODE),
        "focal": smp.losses.FocalLoss(_MODE),
    }
    return [terms[part] for part in name.split("+")]


def make_loss(name: Loss) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """The loss of logits (B x C x S x S), labels (B x S x S, 1, 2, 3 or OUTSIDE) and weights (B).

    With one channel the contour counts nowhere; with three it is a class of its own. Each
    photograph's loss counts by its weight.
    """
    terms = _terms(name)

    def loss(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
        each = [_of_one(terms, *pair) for pair in zip(logits.float(), labels, strict=True)]
        return (torch.stack(each) * weights).sum() / weights.sum()

    return loss


def _of_one(terms: list[Term], logits: Tensor, labels: Tensor) -> Tensor:
    channels = logits.shape[0]
    counted = labels != OUTSIDE
    if channels == 1:
        counted &= labels != CONTOUR
    if not counted.any():  # turned out of the frame
        return logits.sum() * 0
    told = labels[counted]
    targets = torch.stack([(told == FOREGROUND + c).float() for c in range(channels)])
    shape = (1, channels, -1, 1)
    seen, wanted = logits[:, counted].reshape(shape), targets.reshape(shape)
    return torch.stack([term(seen, wanted) for term in terms]).sum()
