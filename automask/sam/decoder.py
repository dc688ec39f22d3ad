"""The mask decoder of SAM and SAM 2 for very many prompts on one image, with the same result.

The packages' decoders (Kirillov et al., "Segment Anything", 2023) score and multiply out every
mask. Here the scores come first, from the tokens alone; only masks that are confident, and only
where the photograph is, are multiplied out. Prompts come in blocks that suit the processor's
cache. The attention before that is two_way.py's.
"""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from automask.sam.two_way import FastTwoWay, ImageSide

# Image features of one block of prompts, bytes. For each thread twice its second-level cache:
# smaller blocks cost more calls, larger ones wait for memory. On a GPU: what keeps it busy.
USUAL_CACHE_BYTES, CACHES, BLOCK_BYTES_GPU = 2 * 2**20, 2, 2**29
PIXELS = 4  # of stride 4 that a position of stride 16 has on each side


class FastMaskDecoder:
    """The arithmetic of a `MaskDecoder` of segment-anything or of sam2, for many prompts.

    For prompts without a mask, whose dense embedding is the same. `dtype`: of the arithmetic, but
    for the head of predicted IoU, whose steps in bfloat16 would be of 0.004. The model must not
    move to another device afterwards.
    """

    def __init__(self, decoder: nn.Module, dtype: torch.dtype = torch.float32) -> None:
        self.dtype = dtype
        self.batch_divisor = 1  # where memory is short, blocks are smaller by this
        self.score_head: Any = decoder.iou_prediction_head
        is_own = next(decoder.parameters()).dtype == dtype
        self.decoder: Any = decoder if is_own else copy.deepcopy(decoder).to(dtype)
        self.two_way = FastTwoWay(self.decoder.transformer)
        # SAM 2 puts a token for the object's presence before that of the scores.
        self._own = 1 if getattr(self.decoder, "pred_obj_scores", False) else 0

    def answer(self, side: ImageSide, sparse: Tensor, wanted: slice) -> tuple[Tensor, Tensor]:
        """Logits and predicted IoU of the wanted outputs for one block of prompts."""
        tokens, keys = self.transform(side, sparse)
        logits = self._masks(side, keys, self._weights(tokens, wanted))
        return logits, self.scores(tokens)[:, wanted]

    def confident(
        self, side: ImageSide, sparse: Tensor, threshold: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The answers 1 to 3 of a block of prompts whose predicted IoU is above the threshold.

        Returns which they are, P x 3 bool, and of those alone, K in the order of that table, the
        predicted IoU and the logits K x 4h x 4w: what is not confident is never multiplied out.
        """
        tokens, keys = self.transform(side, sparse)
        scores = self.scores(tokens)[:, 1:]
        kept = scores > threshold
        some = kept.any(dim=1).nonzero()[:, 0]
        logits = [
            self._masks(side, keys[part], self._weights(tokens[part], slice(1, None)))
            for part in some.split(powers_of_two(len(some), len(keys)))
        ]
        return kept, scores[kept], torch.cat(logits)[kept[some]]

    def scores(self, tokens: Tensor) -> Tensor:
        """Predicted IoU of all outputs, P x 4, from the tokens alone."""
        return self.score_head(tokens[:, self._own].float())

    def _weights(self, tokens: Tensor, wanted: slice) -> Tensor:
        """Of each wanted output on the upscaled features, P x M x c."""
        outputs = range(self.decoder.num_mask_tokens)[wanted]
        heads = self.decoder.output_hypernetworks_mlps
        return torch.stack([heads[i](tokens[:, self._own + 1 + i]) for i in outputs], dim=1)

    def transform(self, side: ImageSide, sparse: Tensor) -> tuple[Tensor, Tensor]:
        """Output tokens P x T x C and image features P x N x C, as the two-way transformer's."""
        return self.two_way(side, self._tokens(sparse.to(self.dtype)))

    def _tokens(self, sparse: Tensor) -> Tensor:
        own = [self.decoder.iou_token.weight, self.decoder.mask_tokens.weight]
        if self._own:
            own.insert(0, self.decoder.obj_score_token.weight)
        return torch.cat([torch.cat(own).expand(len(sparse), -1, -1), sparse], dim=1)

    def image_side(
        self,
        embedding: Tensor,
        place: Tensor,
        dense: Tensor,
        fine: Sequence[Tensor] | None = None,
        content: tuple[int, int] | None = None,
    ) -> ImageSide:
        """Everything of an image that no prompt changes; embedding, place, dense: 1 x C x h x w.

        content: rows and columns of the embedding that are not padding; None: all of them. Logits
        are computed of the content alone.
        """
        hw = (embedding.shape[2], embedding.shape[3])
        content = content or hw
        keys, where = (
            x[0].flatten(1).T.to(self.dtype).contiguous() for x in (embedding + dense, place)
        )
        return ImageSide(
            hw=hw,
            content=content,
            keys=keys,
            place=where,
            first=self.two_way.shared(keys, where),
            fine=None if fine is None else self._fine(fine, content),
        )

    def _fine(self, fine: Sequence[Tensor], content: tuple[int, int]) -> tuple[Tensor, Tensor]:
        quarter, half = (
            _by_position(f[..., : n * content[0], : n * content[1]].to(self.dtype), n)
            for f, n in zip(fine, (4, 2), strict=True)
        )
        return quarter, half

    def block(self, side: ImageSide) -> int:
        """How many prompts to ask at once, a power of two."""
        per_prompt = side.keys.numel() * side.keys.element_size()
        on_cpu = side.keys.device.type == "cpu"
        budget = CACHES * _cache_bytes() * torch.get_num_threads() if on_cpu else BLOCK_BYTES_GPU
        return 2 ** int(math.log2(max(1, budget // per_prompt // self.batch_divisor)))

    def _masks(self, side: ImageSide, keys: Tensor, weights: Tensor) -> Tensor:
        """Logits P x M x 4h x 4w of the content, from features P x N x C and weights P x M x c.

        The two transposed convolutions have no overlap: each is a matrix that turns a position into
        the channels of its four quarters.
        """
        grow1, norm, act1, grow2, act2 = self.decoder.output_upscaling
        h, w = side.content
        if side.content != side.hw:
            keys = keys.unflatten(1, side.hw)[:, :h, :w].flatten(1, 2)
        half = _quarters(keys, grow1)  # P x N x 4 x c1
        if side.fine is not None:
            half = half + side.fine[1]
        half = act1(F.layer_norm(half, half.shape[-1:], norm.weight, norm.bias, norm.eps))
        full = _quarters(half, grow2).flatten(2, 3)  # P x N x 16 x c2
        if side.fine is not None:
            full = full + side.fine[0]
        logits = weights @ act2(full).flatten(1, 2).transpose(1, 2)  # P x M x N*16
        count, outputs = weights.shape[:2]
        logits = logits.view(count, outputs, h, w, 2, 2, 2, 2).permute(0, 1, 2, 4, 6, 3, 5, 7)
        return logits.reshape(count, outputs, PIXELS * h, PIXELS * w)


def powers_of_two(count: int, most: int) -> list[int]:
    """Lengths of parts that make up `count`, the largest first; [0] if there is nothing.

    For every shape of a product oneDNN compiles a kernel and keeps it: of parts as they happen to
    come, one process had half a gigabyte of them.
    """
    lengths = []
    while count > 0:
        lengths.append(2 ** int(math.log2(min(count, most))))
        count -= lengths[-1]
    return lengths or [0]


def _quarters(x: Tensor, grow: nn.Module) -> Tensor:
    """A transposed convolution of kernel and stride 2 as a matrix: ... x C -> ... x 4 x c."""
    layer: Any = grow
    matrix = layer.weight.permute(0, 2, 3, 1).flatten(1)  # C x 4*c
    return F.linear(x, matrix.T, layer.bias.repeat(4)).unflatten(-1, (4, -1))


def _by_position(fine: Tensor, side: int) -> Tensor:
    """SAM 2's high-resolution features 1 x c x side*h x side*w as N x side*side x c.

    In the order of `_quarters`: first the quarter, then the quarter of that quarter.
    """
    _, c, height, width = fine.shape
    if side == 2:
        cut = fine[0].view(c, height // 2, 2, width // 2, 2)
        return cut.permute(1, 3, 2, 4, 0).reshape(-1, 4, c)
    cut = fine[0].view(c, height // 4, 2, 2, width // 4, 2, 2)
    return cut.permute(1, 4, 2, 5, 3, 6, 0).reshape(-1, 16, c)


def _cache_bytes() -> int:
    """The processor's second-level cache of one core."""
    try:
        return os.sysconf("SC_LEVEL2_CACHE_SIZE") or USUAL_CACHE_BYTES
    except (ValueError, AttributeError, OSError):  # a system without this information
        return USUAL_CACHE_BYTES
