"""The mask decoder of SAM and SAM 2 for very many prompts on one image, with the same result.

The packages' decoders (Kirillov et al., "Segment Anything", 2023) project every position of the
image anew for every prompt. Here the arithmetic is ordered otherwise, equal up to rounding:

- Until the first layer's image-to-token attention the image is the same for all prompts: its keys,
  values and queries are computed once.
- Afterwards there are few tokens (7 to 9) and many positions (4096): a projection of the image is
  folded into the tokens. Scores of tokens on positions are `x (W_k q)` instead of `(x W_k) q`; the
  bias of W_k adds the same to a whole row and falls away in the softmax. Values are projected after
  their weighted sum, and the output projection is folded into the tokens' values.
- Prompts come in blocks small enough for the processor's cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Image features of one block of prompts, bytes: what stays in a processor's cache; on a GPU, what
# keeps it busy.
BLOCK_BYTES, BLOCK_BYTES_GPU = 4 * 2**20, 2**29
PIXELS = 4  # of stride 4 that a position of stride 16 has on each side


@dataclass(frozen=True)
class ImageSide:
    """What is the same for all prompts of an image; N positions of C channels."""

    hw: tuple[int, int]
    keys: Tensor  # N x C
    place: Tensor  # N x C, positional encoding
    first_k: Tensor  # heads x d x N, the first layer's projected keys
    first_v: Tensor  # heads x N x d
    first_q: Tensor  # N x heads*d
    fine: tuple[Tensor, Tensor] | None  # SAM 2: N x 16 x c, N x 4 x c, see _by_position


class FastMaskDecoder:
    """The arithmetic of a `MaskDecoder` of segment-anything or of sam2, for many prompts.

    For prompts without a mask, whose dense embedding is the same. The model must not move to
    another device afterwards.
    """

    def __init__(self, decoder: nn.Module) -> None:
        self.decoder: Any = decoder
        self.layers = [_Layer(layer) for layer in self.decoder.transformer.layers]
        self.final = _Folded(self.decoder.transformer.final_attn_token_to_image)
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
        some = kept.any(dim=1)
        logits = self._masks(side, keys[some], self._weights(tokens[some], slice(1, None)))
        return kept, scores[kept], logits[kept[some]]

    def scores(self, tokens: Tensor) -> Tensor:
        """Predicted IoU of all outputs, P x 4, from the tokens alone."""
        return self.decoder.iou_prediction_head(tokens[:, self._own])

    def _weights(self, tokens: Tensor, wanted: slice) -> Tensor:
        """Of each wanted output on the upscaled features, P x M x c."""
        outputs = range(self.decoder.num_mask_tokens)[wanted]
        heads = self.decoder.output_hypernetworks_mlps
        return torch.stack([heads[i](tokens[:, self._own + 1 + i]) for i in outputs], dim=1)

    def transform(self, side: ImageSide, sparse: Tensor) -> tuple[Tensor, Tensor]:
        """Output tokens P x T x C and image features P x N x C, as the two-way transformer's."""
        queries = prompt = self._tokens(sparse)
        keys: Tensor | None = None
        for layer in self.layers:
            queries, keys = layer(side, queries, keys, prompt)
        assert keys is not None
        queries = queries + self.final.tokens_on_image(queries + prompt, keys + side.place, keys)
        return self.decoder.transformer.norm_final_attn(queries), keys

    def _tokens(self, sparse: Tensor) -> Tensor:
        own = [self.decoder.iou_token.weight, self.decoder.mask_tokens.weight]
        if self._own:
            own.insert(0, self.decoder.obj_score_token.weight)
        return torch.cat([torch.cat(own).expand(len(sparse), -1, -1), sparse], dim=1)

    def image_side(
        self, embedding: Tensor, place: Tensor, dense: Tensor, fine: Sequence[Tensor] | None = None
    ) -> ImageSide:
        """Everything of an image that no prompt changes; embedding, place, dense: 1 x C x h x w."""
        keys = (embedding + dense)[0].flatten(1).T.contiguous()
        where = place[0].flatten(1).T.contiguous()
        first = self.layers[0]
        to_image, to_tokens = first.tokens_on_image, first.image_on_tokens
        return ImageSide(
            hw=(embedding.shape[2], embedding.shape[3]),
            keys=keys,
            place=where,
            first_k=to_image.split(to_image.attn.k_proj(keys + where))
            .permute(1, 2, 0)
            .contiguous(),
            first_v=to_image.split(to_image.attn.v_proj(keys)).permute(1, 0, 2).contiguous(),
            first_q=to_tokens.attn.q_proj(keys + where),
            fine=None if fine is None else (_by_position(fine[0], 4), _by_position(fine[1], 2)),
        )

    def block(self, side: ImageSide) -> int:
        """How many prompts to ask at once."""
        per_prompt = side.keys.numel() * side.keys.element_size()
        budget = BLOCK_BYTES if side.keys.device.type == "cpu" else BLOCK_BYTES_GPU
        return max(1, budget // per_prompt)

    def _masks(self, side: ImageSide, keys: Tensor, weights: Tensor) -> Tensor:
        """Logits P x M x 4h x 4w from features P x N x C and weights P x M x c.

        The two transposed convolutions have no overlap: each is a matrix that turns a position into
        the channels of its four quarters.
        """
        grow1, norm, act1, grow2, act2 = self.decoder.output_upscaling
        half = _quarters(keys, grow1)  # P x N x 4 x c1
        if side.fine is not None:
            half = half + side.fine[1]
        half = act1(F.layer_norm(half, half.shape[-1:], norm.weight, norm.bias, norm.eps))
        full = _quarters(half, grow2).flatten(2, 3)  # P x N x 16 x c2
        if side.fine is not None:
            full = full + side.fine[0]
        logits = weights @ act2(full).flatten(1, 2).transpose(1, 2)  # P x M x N*16
        h, w = side.hw
        count, outputs = weights.shape[:2]
        logits = logits.view(count, outputs, h, w, 2, 2, 2, 2).permute(0, 1, 2, 4, 6, 3, 5, 7)
        return logits.reshape(count, outputs, PIXELS * h, PIXELS * w)


class _Folded:
    """An `Attention` of the transformer between tokens and image, its projections per head."""

    def __init__(self, attention: nn.Module) -> None:
        self.attn: Any = attention
        heads = self.heads = self.attn.num_heads
        self.size = self.attn.q_proj.out_features // heads
        channels = self.attn.q_proj.in_features
        self.w_q, self.w_k, self.w_v = (
            p.weight.view(heads, self.size, channels)
            for p in (self.attn.q_proj, self.attn.k_proj, self.attn.v_proj)
        )
        self.b_q, self.b_v = (
            p.bias.view(heads, self.size) for p in (self.attn.q_proj, self.attn.v_proj)
        )
        self.w_out = self.attn.out_proj.weight.view(channels, heads, self.size)

    def split(self, projected: Tensor) -> Tensor:
        """... x heads*d -> ... x heads x d."""
        return projected.unflatten(-1, (self.heads, self.size))

    def queries(self, tokens: Tensor) -> Tensor:
        """P x heads x T x d, scaled."""
        return self.split(self.attn.q_proj(tokens)).transpose(1, 2) / self.size**0.5

    def tokens_on_shared(self, tokens: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Tokens P x T x C on an image that all prompts share: k heads x d x N, v heads x N x d."""
        count, length, _ = tokens.shape
        q = self.queries(tokens).transpose(0, 1).flatten(1, 2)  # heads x P*T x d
        seen = (q @ k).softmax(dim=-1) @ v
        seen = seen.view(self.heads, count, length, self.size).permute(1, 2, 0, 3)
        return self.attn.out_proj(seen.flatten(2))

    def tokens_on_image(self, tokens: Tensor, placed: Tensor, keys: Tensor) -> Tensor:
        """Tokens P x T x C on each prompt's own image: keys, with and without place, P x N x C."""
        count, length, _ = tokens.shape
        folded = (self.queries(tokens) @ self.w_k).flatten(1, 2)  # P x heads*T x C
        scores = folded @ placed.transpose(1, 2)
        mixed = (scores.softmax(dim=-1) @ keys).view(count, self.heads, length, -1)
        seen = mixed @ self.w_v.transpose(1, 2) + self.b_v[:, None]
        return self.attn.out_proj(seen.transpose(1, 2).flatten(2))

    def image_on_tokens(
        self, placed: Tensor | None, q: Tensor | None, tokens: Tensor, values: Tensor
    ) -> Tensor:
        """What each position takes from the tokens, P x N x C.

        Either `q` is given, the projected queries N x heads*d of an image that all prompts share,
        or `placed`, each prompt's own keys with place, P x N x C.
        """
        k = (
            self.split(self.attn.k_proj(tokens)).transpose(1, 2) / self.size**0.5
        )  # P x heads x T x d
        v = self.split(self.attn.v_proj(values)).transpose(1, 2)
        count, _, length, _ = k.shape
        if q is not None:
            scores = q @ _block_diagonal(k)  # P x N x heads*T
        else:
            assert placed is not None
            folded = (k @ self.w_q).flatten(1, 2)  # P x heads*T x C
            offset = (k @ self.b_q[:, :, None]).flatten(1)  # P x heads*T
            scores = torch.baddbmm(offset[:, None], placed, folded.transpose(1, 2))
        share = scores.unflatten(-1, (self.heads, length)).softmax(dim=-1).flatten(2)
        given = (v @ self.w_out.permute(1, 2, 0)).flatten(1, 2)  # P x heads*T x C
        return torch.baddbmm(self.attn.out_proj.bias.expand(count, 1, -1), share, given)


class _Layer:
    """A two-way attention block."""

    def __init__(self, layer: nn.Module) -> None:
        self.layer: Any = layer
        self.tokens_on_image = _Folded(self.layer.cross_attn_token_to_image)
        self.image_on_tokens = _Folded(self.layer.cross_attn_image_to_token)

    def __call__(
        self, side: ImageSide, queries: Tensor, keys: Tensor | None, prompt: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Tokens P x T x C and image P x N x C; keys None: the image that all prompts share."""
        layer = self.layer
        queries = layer.norm1(self._among_tokens(queries, prompt))
        placed = None if keys is None else keys + side.place
        if keys is None:
            seen = self.tokens_on_image.tokens_on_shared(
                queries + prompt, side.first_k, side.first_v
            )
        else:
            seen = self.tokens_on_image.tokens_on_image(queries + prompt, placed, keys)
        queries = layer.norm2(queries + seen)
        queries = layer.norm3(queries + layer.mlp(queries))
        shared = side.first_q if keys is None else None
        taken = self.image_on_tokens.image_on_tokens(placed, shared, queries + prompt, queries)
        return queries, layer.norm4((side.keys if keys is None else keys) + taken)

    def _among_tokens(self, queries: Tensor, prompt: Tensor) -> Tensor:
        if self.layer.skip_first_layer_pe:
            return self.layer.self_attn(q=queries, k=queries, v=queries)
        placed = queries + prompt
        return queries + self.layer.self_attn(q=placed, k=placed, v=queries)


def _block_diagonal(k: Tensor) -> Tensor:
    """P x heads x T x d -> P x heads*d x heads*T, each head's block transposed, zero elsewhere."""
    count, heads, length, size = k.shape
    blocks = k.new_zeros(count, heads, size, heads, length)
    each = torch.arange(heads, device=k.device)
    blocks[:, each, :, each] = k.permute(1, 0, 3, 2)
    return blocks.view(count, heads * size, heads * length)


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
