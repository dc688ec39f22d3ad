"""The losses of masks, predicted IoU, and the saliency map."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

RELAXATION = 0.05  # share of the loss that reaches the outputs that were not best, so none dies


def mask_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy plus dice loss of each mask (Milletari et al., "V-Net", 2016).

    logits and target (0..1, soft at edges): ... x H x W, broadcast against each other; returns
    one value a mask, shape `...`.
    """
    logits, target = torch.broadcast_tensors(logits.float(), target)
    cross_entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    probability = logits.sigmoid()
    overlap = (probability * target).sum((-2, -1))
    dice = 1 - (2 * overlap + 1) / (probability.sum((-2, -1)) + target.sum((-2, -1)) + 1)
    return cross_entropy.mean((-2, -1)) + dice


@torch.no_grad()
def mask_iou(logits: Tensor, target: Tensor) -> Tensor:
    """IoU of the thresholded masks (logits > 0, target > 0.5), ... x H x W -> `...`, float."""
    predicted, wanted = logits > 0, target > 0.5
    overlap = (predicted & wanted).sum((-2, -1))
    union = (predicted | wanted).sum((-2, -1))
    return overlap / union.clamp(min=1)


def prompt_loss(
    logits: Tensor, scores: Tensor, target: Tensor, on_object: Tensor
) -> dict[str, Tensor]:
    """Loss of the decoder's four masks and scores for N prompts.

    logits: N x 4 x H x W; scores (predicted IoU): N x 4; target: N x 1 x H x W; on_object: N.
    Output 0 answers alone; of outputs 1 to 3 only the best one learns (Kirillov et al., 2023,
    section 3). A prompt beside the object teaches no mask, only that its predicted IoU is 0: asked
    for the background, the model would score the backdrop, which is large and easy, above every
    object.
    """
    each = mask_loss(logits, target)
    best = (1 - RELAXATION) * each[:, 1:].min(dim=1).values + RELAXATION * each[:, 1:].mean(dim=1)
    weight = on_object.float()
    mask_term = ((each[:, 0] + best) * weight).sum() / weight.sum().clamp(min=1)
    true_iou = mask_iou(logits, target) * weight[:, None]
    score_term = F.mse_loss(scores.float(), true_iou)
    return {"mask": mask_term, "score": score_term}
