"""Figures on the validation split while training runs, in the model's own frame."""

from __future__ import annotations

import torch
from segment_anything.modeling import Sam
from torch import Tensor

from automask.tiny_training.augment import View, letterbox
from automask.tiny_training.batch import to_tensors
from automask.tiny_training.data import Pair
from automask.tiny_training.decode import decode
from automask.tiny_training.losses import mask_iou

GRID = 8  # points a side


@torch.no_grad()
def validate(sam: Sam, pairs: list[Pair]) -> dict[str, float]:
    """Mean IoU at S/4 of the saliency map, best grid proposal, argmax of score, box prompt.

    `score_correlation` is Pearson's r between predicted and true IoU over the proposals of grid
    points on the object; beside it no mask is learned, so its IoU says nothing of the score.
    """
    rows = [_figures(sam, letterbox(pair, sam.image_encoder.img_size)) for pair in pairs]
    names = ("saliency", "oracle", "argmax", "box")
    figures = {n: float(sum(r[n] for r in rows) / len(rows)) for n in names}
    scores, ious = (torch.cat([r[k] for r in rows]) for k in ("scores", "ious"))
    figures["score_correlation"] = float(torch.corrcoef(torch.stack([scores, ious]))[0, 1])
    return figures


def _figures(sam: Sam, view: View) -> dict[str, Tensor]:
    image, target = to_tensors(sam, [view])
    embedding, saliency = sam.image_encoder.features(image)
    ious, scores, on_object = _grid_proposals(sam, embedding, target, view.content_hw)
    return {
        "saliency": mask_iou(saliency, target)[0, 0],
        "oracle": ious.max(),
        "argmax": ious[scores.argmax()],
        "box": _box_iou(sam, embedding, target),
        "scores": scores[on_object],
        "ious": ious[on_object],
    }


def _grid_proposals(
    sam: Sam, embedding: Tensor, target: Tensor, content_hw: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor]:
    """True and predicted IoU of a grid's 3 * GRID^2 proposals, and which points are on it."""
    steps = (torch.arange(GRID) + 0.5) / GRID
    y, x = torch.meshgrid(steps * content_hw[0], steps * content_hw[1], indexing="ij")
    points = torch.stack([x.flatten(), y.flatten()], dim=1)[:, None].to(sam.device)
    prompts = sam.prompt_encoder(
        (points, torch.ones(len(points), 1, device=sam.device)), None, None
    )
    logits, scores = decode(sam, embedding, *prompts)
    rows, columns = (points[:, 0, i].long() // 4 for i in (1, 0))
    on_object = (target[0, 0, rows, columns] > 0.5).repeat_interleave(3)
    return mask_iou(logits[:, 1:], target).flatten(), scores[:, 1:].float().flatten(), on_object


def _box_iou(sam: Sam, embedding: Tensor, target: Tensor) -> Tensor:
    inside = target[0, 0] > 0.5
    rows, columns = inside.any(1).nonzero(), inside.any(0).nonzero()
    if len(rows) == 0:
        return torch.tensor(0.0, device=sam.device)
    corners = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    box = 4.0 * torch.tensor([corners], device=sam.device)
    logits, _ = decode(sam, embedding, *sam.prompt_encoder(None, box, None))
    return mask_iou(logits[:, :1], target)[0, 0]
