"""The prompts of a training step, and the loss of their masks."""

from __future__ import annotations

import torch
from segment_anything.modeling import Sam
from torch import Tensor

from automask.sam.device import autocast
from automask.tiny_training.batch import Batch, quarter, to_tensors
from automask.tiny_training.decode import decode
from automask.tiny_training.losses import mask_iou, mask_loss, prompt_loss
from automask.tiny_training.prompts import Prompts


def set_frame(sam: Sam, size: int) -> None:
    """Set the input size of `tiny`; its weights do not depend on it."""
    sam.image_encoder.img_size = size
    sam.prompt_encoder.input_image_size = (size, size)
    sam.prompt_encoder.image_embedding_size = (size // 16, size // 16)
    sam.prompt_encoder.mask_input_size = (size // 4, size // 4)


def batch_losses(sam: Sam, batch: Batch, refine: bool) -> dict[str, Tensor]:
    """Saliency, mask and score loss of `tiny` on one batch, in bfloat16 where that is fast.

    refine: the prompts are asked once more, each with the mask just predicted for it.
    """
    images, target = to_tensors(sam, batch.views)
    with autocast(sam.device):
        embeddings, saliency = sam.image_encoder.features(images)
        sparse, dense, on_object = embed_prompts(sam, batch.prompts)
        wanted = quarter([m for masks in batch.prompts.targets for m in masks]).to(sam.device)
        logits, scores = decode(sam, embeddings, sparse, dense)
        terms = prompt_loss(logits, scores, wanted, on_object)
        if refine:
            given = logits[:, 1:].gather(1, _best(logits, wanted)).detach().float()
            again = decode(sam, embeddings, sparse, sam.prompt_encoder.mask_downscaling(given))
            second = prompt_loss(*again, wanted, on_object)
            terms = {name: (terms[name] + second[name]) / 2 for name in terms}
    return {"saliency": mask_loss(saliency, target).mean(), **terms}


def total(terms: dict[str, Tensor]) -> Tensor:
    """The one number that training lowers."""
    return 2 * terms["saliency"] + 2 * terms["mask"] + terms["score"]


def _best(logits: Tensor, wanted: Tensor) -> Tensor:
    """Index N x 1 x h x w of the best of outputs 1 to 3, for gather."""
    best = mask_iou(logits[:, 1:], wanted).argmax(dim=1)
    return best[:, None, None, None].expand(-1, 1, *logits.shape[-2:])


def embed_prompts(sam: Sam, prompts: Prompts) -> tuple[Tensor, Tensor, Tensor]:
    """Sparse and dense embeddings of all prompts, an image's together, and which are on objects.

    The encoder takes points and boxes in separate calls; a point has a padding token beside it, as
    a box has two corners, so that all prompts are two tokens long.
    """
    count, per_image = prompts.on_object.shape
    points = torch.from_numpy(prompts.points).reshape(-1, 1, 2).to(sam.device)
    labels = torch.ones(len(points), 1, device=sam.device)
    pointed, dense = sam.prompt_encoder((points, labels), None, None)
    boxed, _ = sam.prompt_encoder(None, torch.from_numpy(prompts.boxes).to(sam.device), None)
    sparse = torch.cat([pointed.view(count, per_image, *pointed.shape[1:]), boxed[:, None]], dim=1)
    every_box = torch.ones(count, 1, dtype=torch.bool)
    on_object = torch.cat([torch.from_numpy(prompts.on_object), every_box], dim=1)
    dense = dense[:1].expand(count * (per_image + 1), -1, -1, -1)
    return sparse.flatten(0, 1), dense, on_object.flatten().to(sam.device)
