"""SAM's mask decoder on several images at once, which its own `predict_masks` cannot do."""

from __future__ import annotations

import torch
from segment_anything.modeling import Sam
from torch import Tensor


def decode(sam: Sam, embeddings: Tensor, sparse: Tensor, dense: Tensor) -> tuple[Tensor, Tensor]:
    """Masks and scores for B images with K prompts each.

    embeddings: B x C x h x w; sparse: B*K x T x C prompt tokens, the K of an image together;
    dense: B*K x C x h x w. Returns logits B*K x 4 x 4h x 4w and predicted IoU B*K x 4. Same
    arithmetic as `MaskDecoder.predict_masks`; `tests/tiny_training` holds them against each other.
    """
    decoder = sam.mask_decoder
    count = sparse.shape[0]
    own = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])
    tokens = torch.cat([own.expand(count, -1, -1), sparse], dim=1)
    source = embeddings.repeat_interleave(count // embeddings.shape[0], dim=0) + dense
    position = sam.prompt_encoder.get_dense_pe().expand(count, -1, -1, -1)
    out, source = decoder.transformer(source, position, tokens)
    _, c, h, w = dense.shape
    upscaled = decoder.output_upscaling(source.transpose(1, 2).reshape(count, c, h, w))
    heads = decoder.output_hypernetworks_mlps
    weights = torch.stack([mlp(out[:, 1 + i]) for i, mlp in enumerate(heads)], dim=1)
    logits = (weights @ upscaled.flatten(2)).view(count, len(heads), 4 * h, 4 * w)
    return logits, decoder.iou_prediction_head(out[:, 0])
