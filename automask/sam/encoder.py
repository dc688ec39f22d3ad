"""The image encoders of SAM and of `tiny`: the same embedding in less time.

What segment-anything's `ImageEncoderViT` does in a block (Kirillov et al., 2023; Li et al.,
"Exploring plain vision transformer backbones", 2022), and what is done here instead:

- The attention matrix of 4096 x 4096 is written out for every head and read again for each half of
  the relative position's bias. Here the bias rides in extra channels of queries and keys: the query
  carries its bias for every row and every column, the key a one at its own row and column. So one
  fused kernel does all of it, and nothing of that size is ever in memory.
- Windows at the edge are filled up with zeros, which are then projected. A projected zero is the
  bias: here only real positions are projected.
- Matrix products run in `dtype`; the sum that passes from block to block stays in float32.

SAM 2's encoder uses fused attention already and is left as it is.
"""

from __future__ import annotations

import copy
import itertools

import torch
from segment_anything.modeling.image_encoder import Block, ImageEncoderViT, get_rel_pos
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from automask.sam.tiny import TinyImageEncoder


def fast_encoder(encoder: nn.Module, dtype: torch.dtype) -> nn.Module:
    """A module with the encoder's embedding, B x C x h x w float32, computed in `dtype`.

    Of `tiny` it gives the saliency logits beside it. It holds copies of the weights where `dtype`
    is not theirs. An encoder of another kind comes back as it is.
    """
    if isinstance(encoder, TinyImageEncoder):
        return FastTinyEncoder(encoder, dtype)
    if isinstance(encoder, ImageEncoderViT) and _is_as_published(encoder):
        return FastVit(encoder, dtype)
    return encoder


def _is_as_published(encoder: ImageEncoderViT) -> bool:
    """Absolute and relative positions, and biases: the class can do without, SAM's do not."""
    attentions = [block.attn for block in encoder.blocks]
    is_complete = all(a.use_rel_pos and a.qkv.bias is not None for a in attentions)
    return encoder.pos_embed is not None and is_complete


class FastTinyEncoder(nn.Module):
    """`TinyImageEncoder`, its norms folded into its convolutions, channels last.

    Called, it gives what `TinyImageEncoder.features` gives, float32: the embedding and the saliency
    logits.
    """

    def __init__(self, encoder: TinyImageEncoder, dtype: torch.dtype) -> None:
        super().__init__()
        own = copy.deepcopy(encoder)
        fold_norms(own)
        self.encoder = own.to(dtype, memory_format=torch.channels_last)
        self.dtype = dtype

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        placed = x.to(self.dtype, memory_format=torch.channels_last)
        embedding, saliency = self.encoder.features(placed)
        return embedding.float(), saliency.float()


def fold_norms(module: nn.Module) -> None:
    """Replaces each convolution that a batch norm follows by one that does both, in place."""
    names = list(module._modules)
    for name, following in itertools.pairwise(names):
        convolution, norm = getattr(module, name), getattr(module, following)
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            setattr(module, name, fuse_conv_bn_eval(convolution, norm))
            setattr(module, following, nn.Identity())
    for child in module.children():
        fold_norms(child)


class FastVit(nn.Module):
    """An `ImageEncoderViT` with absolute and relative positions."""

    def __init__(self, vit: ImageEncoderViT, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        self.patch = copy.deepcopy(vit.patch_embed.proj).to(dtype)
        self.place = vit.pos_embed
        assert vit.pos_embed is not None
        hw = (vit.pos_embed.shape[1], vit.pos_embed.shape[2])
        self.blocks = [_VitBlock(block, hw, dtype) for block in vit.blocks]
        self.neck = copy.deepcopy(vit.neck).to(dtype)

    def forward(self, x: Tensor) -> Tensor:
        patches = self.patch(x.to(self.dtype)).permute(0, 2, 3, 1).float()
        tokens = (patches + self.place).contiguous()
        for block in self.blocks:
            tokens = block(tokens)
        embedding: Tensor = self.neck(tokens.to(self.dtype).permute(0, 3, 1, 2))
        return embedding.float().contiguous()


class _VitBlock:
    """One transformer block, windowed or global."""

    def __init__(self, block: Block, hw: tuple[int, int], dtype: torch.dtype) -> None:
        attention, mlp = block.attn, block.mlp
        self.dtype = dtype
        self.window = block.window_size  # 0: the whole image
        self.heads, self.scale = attention.num_heads, attention.scale
        self.qkv, self.proj, self.grow, self.shrink, self.norm1, self.norm2 = (
            (layer.weight.to(dtype), layer.bias.to(dtype))
            for layer in (
                attention.qkv, attention.proj, mlp.lin1, mlp.lin2, block.norm1, block.norm2
            )
        )  # fmt: skip
        self.act, self.eps = mlp.act, (block.norm1.eps, block.norm2.eps)
        self.hw = (self.window, self.window) if self.window else hw
        self.rows, self.columns = (
            get_rel_pos(side, side, table).transpose(1, 2).to(dtype).contiguous()
            for side, table in zip(self.hw, (attention.rel_pos_h, attention.rel_pos_w), strict=True)
        )  # side x d x side
        self.at = _own_row_and_column(self.hw).to(self.rows)

    def __call__(self, x: Tensor) -> Tensor:
        """B x H x W x C float32 -> the same."""
        x = x + self._attend(self._norm(x, self.norm1, self.eps[0]))
        hidden = self.act(F.linear(self._norm(x, self.norm2, self.eps[1]), *self.grow))
        return x + F.linear(hidden, *self.shrink)

    def _norm(self, x: Tensor, affine: tuple[Tensor, Tensor], eps: float) -> Tensor:
        return F.layer_norm(x.to(self.dtype), x.shape[-1:], *affine, eps)

    def _attend(self, x: Tensor) -> Tensor:
        height, width = x.shape[1:3]
        qkv = F.linear(x, *self.qkv)
        if not self.window:
            return F.linear(self._attention(qkv), *self.proj)
        seen = self._attention(self._windows(qkv))
        return F.linear(self._joined(seen, height, width), *self.proj)

    def _attention(self, qkv: Tensor) -> Tensor:
        """B x h x w x 3*C -> B x h x w x C, every position on every other of the same B."""
        count, height, width, _ = qkv.shape
        q, k, v = qkv.view(count, height * width, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        size, more = q.shape[-1], height + width
        placed = torch.cat([k, self.at.expand(count, self.heads, -1, -1)], dim=-1)
        seen = F.scaled_dot_product_attention(
            self._with_bias(q), placed, F.pad(v, (0, more)), scale=1.0
        )[..., :size]
        return seen.transpose(1, 2).reshape(count, height, width, -1)

    def _with_bias(self, q: Tensor) -> Tensor:
        """Queries B x heads x N x d, scaled, with their bias for each row and each column."""
        count, heads, positions, size = q.shape
        height, width = self.hw
        grid = q.reshape(count, heads, height, width, size)
        by_row = grid.permute(2, 0, 1, 3, 4).reshape(height, -1, size) @ self.rows
        by_column = grid.permute(3, 0, 1, 2, 4).reshape(width, -1, size) @ self.columns
        by_row = by_row.view(height, count, heads, width, height).permute(1, 2, 0, 3, 4)
        by_column = by_column.view(width, count, heads, height, width).permute(1, 2, 3, 0, 4)
        placed = torch.cat([grid * self.scale, by_row, by_column], dim=-1)
        return placed.view(count, heads, positions, -1)

    def _windows(self, qkv: Tensor) -> Tensor:
        """B x H x W x 3*C -> B*windows x w x w x 3*C; beyond the edge stands a projected zero."""
        count, height, width, channels = qkv.shape
        side = self.window
        down, across = -(-height // side), -(-width // side)
        filled = self.qkv[1].expand(count, down * side, across * side, channels).clone()
        filled[:, :height, :width] = qkv
        cut = filled.view(count, down, side, across, side, channels).transpose(2, 3)
        return cut.reshape(-1, side, side, channels)

    def _joined(self, windows: Tensor, height: int, width: int) -> Tensor:
        """B*windows x w x w x C -> B x H x W x C."""
        side = self.window
        down, across = -(-height // side), -(-width // side)
        laid = windows.view(-1, down, across, side, side, windows.shape[-1]).transpose(2, 3)
        whole = laid.reshape(-1, down * side, across * side, windows.shape[-1])
        return whole[:, :height, :width].contiguous()  # else the next product is 20 times slower


def _own_row_and_column(hw: tuple[int, int]) -> Tensor:
    """N x (h + w): a one at the position's row and a one at its column."""
    height, width = hw
    rows = torch.eye(height).repeat_interleave(width, dim=0)
    return torch.cat([rows, torch.eye(width).repeat(height, 1)], dim=1)
