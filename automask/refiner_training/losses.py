"""What the refiner is asked for: the true mask, above all along its outline."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

BAND_PX = 4  # on either side of the true outline that counts most
OUTSIDE = 0.15  # weight of what lies neither there nor where the coarse mask is wrong


def refiner_loss(logits: Tensor, truth: Tensor, coarse: Tensor) -> dict[str, Tensor]:
    """Cross-entropy, weighted, dice, and the difference of the gradients; all B x 1 x H x W.

    truth, coarse: 0..1. After Cheng et al., "CascadePSP" (2020), whose gradient loss draws edges.
    """
    logits, probability = logits.float(), logits.float().sigmoid()
    each = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    weight = _weight(truth, coarse)
    overlap = (probability * truth).sum((1, 2, 3))
    both = probability.sum((1, 2, 3)) + truth.sum((1, 2, 3))
    return {
        "entropy": (each * weight).sum() / weight.sum(),
        "dice": (1 - (2 * overlap + 1) / (both + 1)).mean(),
        "gradient": ((_gradient(probability) - _gradient(truth)).abs() * weight).sum()
        / weight.sum(),
    }


@torch.no_grad()
def _weight(truth: Tensor, coarse: Tensor) -> Tensor:
    side = 2 * BAND_PX + 1
    mean = F.avg_pool2d(truth, side, 1, BAND_PX, count_include_pad=False)
    is_near = (mean - mean.round()).abs() > 0.5 / side  # both sides within the square
    matters = is_near | ((truth - coarse).abs() > 0.3)
    return OUTSIDE + (1 - OUTSIDE) * matters.float()


def _gradient(x: Tensor) -> Tensor:
    """Magnitude of the slope, B x 1 x H x W."""
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    across = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / 2
    down = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / 2
    return (across**2 + down**2 + 1e-6).sqrt()
