"""SAM's two-way transformer between the tokens of many prompts and one image, the same result.

The packages' `TwoWayTransformer` projects every position of the image anew for every prompt. Here
the arithmetic is ordered otherwise, equal up to rounding:

- Until the first layer's image-to-token attention the image is the same for all prompts: its keys,
  values and queries are computed once.
- Afterwards there are few tokens (7 to 9) and many positions (4096): a projection of the image is
  folded into the tokens. Scores of tokens on positions are `x (W_k q)` instead of `(x W_k) q`; the
  bias of W_k adds the same to a whole row and falls away in the softmax. Values are projected after
  their weighted sum, and the output projection is folded into the tokens' values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class SharedProjections:
    """The first layer's projections of an image that no prompt has changed yet."""

    k: Tensor  # heads x d x N, for tokens on the image
    v: Tensor  # heads x N x d
    q: Tensor  # heads*d x N, for the image on tokens


@dataclass(frozen=True)
class ImageSide:
    """What is the same for all prompts of an image; N positions of C channels."""

    hw: tuple[int, int]
    content: tuple[int, int]  # of these, rows and columns that are not padding
    keys: Tensor  # N x C
    place: Tensor  # N x C, positional encoding
    first: SharedProjections
    fine: tuple[Tensor, Tensor] | None  # SAM 2: N x 16 x c, N x 4 x c, see decoder.py


class FastTwoWay:
    """The arithmetic of a `TwoWayTransformer` of segment-anything or of sam2."""

    def __init__(self, transformer: nn.Module) -> None:
        self.transformer: Any = transformer
        self.layers = [_Layer(layer) for layer in self.transformer.layers]
        self.final = _Folded(self.transformer.final_attn_token_to_image)

    def shared(self, keys: Tensor, place: Tensor) -> SharedProjections:
        """Of keys and place, both N x C."""
        first = self.layers[0]
        to_image, to_tokens = first.tokens_on_image, first.image_on_tokens
        k = to_image.split(to_image.attn.k_proj(keys + place)).permute(1, 2, 0)
        v = to_image.split(to_image.attn.v_proj(keys)).permute(1, 0, 2)
        q = to_tokens.attn.q_proj(keys + place).T
        return SharedProjections(k.contiguous(), v.contiguous(), q.contiguous())

    def __call__(self, side: ImageSide, prompt: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens P x T x C -> tokens P x T x C and image features P x N x C."""
        queries = prompt
        keys: Tensor | None = None
        for layer in self.layers:
            queries, keys = layer(side, queries, keys, prompt)
        assert keys is not None
        queries = queries + self.final.tokens_on_image(queries + prompt, keys + side.place, keys)
        return self.transformer.norm_final_attn(queries), keys


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
        self.w_out = self.attn.out_proj.weight.T.reshape(heads, self.size, channels)

    def split(self, projected: Tensor) -> Tensor:
        """... x heads*d -> ... x heads x d."""
        return projected.unflatten(-1, (self.heads, self.size))

    def queries(self, tokens: Tensor) -> Tensor:
        """P x heads x T x d, scaled."""
        return self.split(self.attn.q_proj(tokens)).transpose(1, 2) / self.size**0.5

    def tokens_on_shared(self, tokens: Tensor, image: SharedProjections) -> Tensor:
        """Tokens P x T x C on an image that all prompts share."""
        count, length, _ = tokens.shape
        q = self.queries(tokens).transpose(0, 1).flatten(1, 2)  # heads x P*T x d
        seen = (q @ image.k).softmax(dim=-1) @ image.v
        seen = seen.view(self.heads, count, length, self.size).permute(1, 2, 0, 3)
        return self.attn.out_proj(seen.flatten(2))

    def tokens_on_image(self, tokens: Tensor, placed: Tensor, keys: Tensor) -> Tensor:
        """Tokens P x T x C on each prompt's own image: keys, with and without place, P x N x C."""
        count, length, _ = tokens.shape
        folded = _per_head(self.queries(tokens), self.w_k)  # P x heads*T x C
        scores = folded @ placed.transpose(1, 2)
        mixed = (scores.softmax(dim=-1) @ keys).view(count, self.heads, length, -1)
        seen = _per_head(mixed, self.w_v.transpose(1, 2)).view(count, self.heads, length, -1)
        return self.attn.out_proj((seen + self.b_v[:, None]).transpose(1, 2).flatten(2))

    def image_on_tokens(
        self, onto: Tensor, placed: Tensor | None, q: Tensor | None, tokens: Tensor, values: Tensor
    ) -> Tensor:
        """What each position takes from the tokens, added onto P x N x C.

        Either `q` is given, the projected queries heads*d x N of an image that all prompts share,
        or `placed`, each prompt's own keys with place, P x N x C. Scores lie positions last: a
        softmax over seven neighbours in memory is slow.
        """
        k = self.split(self.attn.k_proj(tokens)).transpose(1, 2) / self.size**0.5
        v = self.split(self.attn.v_proj(values)).transpose(1, 2)  # both P x heads x T x d
        count, _, length, _ = k.shape
        if q is not None:
            scores = _block_diagonal(k) @ q  # P x heads*T x N
        else:
            assert placed is not None
            offset = (k @ self.b_q[:, :, None]).flatten(1, 2)  # P x heads*T x 1
            scores = _per_head(k, self.w_q) @ placed.transpose(1, 2) + offset
        share = scores.unflatten(1, (self.heads, length)).softmax(dim=2).flatten(1, 2)
        # The shares of a head sum to 1, so each head may bring its part of the bias.
        given = _per_head(v, self.w_out) + self.attn.out_proj.bias / self.heads
        return torch.baddbmm(onto.expand(count, -1, -1), share.transpose(1, 2), given)


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
            seen = self.tokens_on_image.tokens_on_shared(queries + prompt, side.first)
        else:
            seen = self.tokens_on_image.tokens_on_image(queries + prompt, placed, keys)
        queries = layer.norm2(queries + seen)
        queries = layer.norm3(queries + layer.mlp(queries))
        shared, onto = (side.first.q, side.keys) if keys is None else (None, keys)
        taken = self.image_on_tokens.image_on_tokens(
            onto, placed, shared, queries + prompt, queries
        )
        return queries, layer.norm4(taken)

    def _among_tokens(self, queries: Tensor, prompt: Tensor) -> Tensor:
        if self.layer.skip_first_layer_pe:
            return self.layer.self_attn(q=queries, k=queries, v=queries)
        placed = queries + prompt
        return queries + self.layer.self_attn(q=placed, k=placed, v=queries)


def _per_head(x: Tensor, matrices: Tensor) -> Tensor:
    """P x heads x T x a by heads x a x b -> P x heads*T x b, the matrices read once for all P."""
    count, heads, length, _ = x.shape
    product = torch.bmm(x.transpose(0, 1).flatten(1, 2), matrices)  # heads x P*T x b
    return product.view(heads, count, length, -1).transpose(0, 1).flatten(1, 2)


def _block_diagonal(k: Tensor) -> Tensor:
    """P x heads x T x d -> P x heads*T x heads*d, each head's block in place, zero elsewhere."""
    count, heads, length, size = k.shape
    blocks = k.new_zeros(count, heads, length, heads, size)
    each = torch.arange(heads, device=k.device)
    blocks[:, each, :, each] = k.transpose(0, 1)
    return blocks.view(count, heads * length, heads * size)
