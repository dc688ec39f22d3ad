"""`tiny`: a small SAM from segment-anything's own classes with a convolutional image encoder.

The prompt encoder, the mask decoder and the two-way transformer are the published ones (Kirillov
et al., "Segment Anything", 2023) at half width; only the image encoder is ours: features of a
backbone at strides 4 to 32, a few attention blocks at stride 32 for the whole-image view, and a
feature pyramid (Lin et al., 2017) back up to stride 4.

There are two generations. The second, which is bundled, has EfficientNet-Lite2 as its backbone and
began from its ImageNet weights. The first had residual convolutions (He et al., 2016) trained from
nothing; its weights files still load.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from segment_anything.modeling import MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
from torch import Tensor, nn
from torch.nn import functional as F

from automask.sam.efficientnet import LITE2, EfficientNetLite, Stage


@dataclass(frozen=True)
class TinyArchitecture:
    """The sizes that define `tiny`; they travel in the weights file's metadata."""

    img_size: int = 320  # longest side of the model's input, px; a multiple of 32
    embed_dim: int = 128  # channels of the image embedding and of the decoder
    decoder_mlp_dim: int = 512
    backbone: str = "efficientnet_lite2"  # whose published weights it began from
    stem: int = 32  # channels at stride 2
    stages: tuple[Stage, ...] = LITE2
    attention_dim: int = 256  # channels at stride 32
    attention_blocks: int = 2
    attention_heads: int = 8
    pyramid: tuple[int, ...] = (64, 96, 192)  # channels at strides 4, 8, 16
    packed: tuple[int, ...] = (16, 32)  # channels of strides 4 and 8 that go into the embedding


@dataclass(frozen=True)
class ResidualArchitecture:
    """The sizes of the first generation, as the metadata of its weights files has them."""

    img_size: int = 320
    embed_dim: int = 128
    stem: int = 32  # channels at stride 2
    widths: tuple[int, ...] = (48, 96, 192, 320)  # channels at strides 4, 8, 16, 32
    depths: tuple[int, ...] = (2, 3, 4)  # residual blocks at strides 4, 8, 16
    attention_blocks: int = 3  # at stride 32
    attention_heads: int = 8
    decoder_mlp_dim: int = 512


Architecture = TinyArchitecture | ResidualArchitecture


class ConvNormAct(nn.Sequential):
    """3x3 (or 1x1) convolution, batch norm, ReLU."""

    def __init__(self, in_ch: int, out_ch: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(in_ch, out_ch, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(out_ch),
            nn.ReLU(inplace=True),
        )


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut, after He et al. (2016)."""

    def __init__(self, ch: int) -> None:
        super().__init__()
        self.first = ConvNormAct(ch, ch)
        self.second = nn.Sequential(nn.Conv2d(ch, ch, 3, 1, 1, bias=False), nn.BatchNorm2d(ch))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(self.first(x)))


class AttentionBlock(nn.Module):
    """Pre-norm self-attention over all positions of a B x C x H x W map, then an MLP.

    A depthwise convolution before each block encodes positions (Chu et al., "Conditional
    positional encodings", 2021), so the block works at any input size.
    """

    def __init__(self, ch: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.position = nn.Conv2d(ch, ch, 3, 1, 1, groups=ch)
        self.norm1 = nn.LayerNorm(ch)
        self.qkv = nn.Linear(ch, 3 * ch)
        self.proj = nn.Linear(ch, ch)
        self.norm2 = nn.LayerNorm(ch)
        self.mlp = nn.Sequential(nn.Linear(ch, 4 * ch), nn.GELU(), nn.Linear(4 * ch, ch))

    def attend(self, tokens: Tensor) -> Tensor:
        b, n, c = tokens.shape
        qkv = self.qkv(tokens).reshape(b, n, 3, self.heads, c // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        # A hundred tokens: the plain product trains faster on a CPU than the fused kernel.
        attention = (q @ k.transpose(-1, -2) / k.shape[-1] ** 0.5).softmax(dim=-1)
        out = attention.to(v.dtype) @ v
        return self.proj(out.transpose(1, 2).reshape(b, n, c))

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        tokens = (x + self.position(x)).flatten(2).transpose(1, 2)
        tokens = tokens + self.attend(self.norm1(tokens))
        tokens = tokens + self.mlp(self.norm2(tokens))
        return tokens.transpose(1, 2).reshape(b, c, h, w)


class TinyImageEncoder(nn.Module):
    """B x 3 x S x S normalised float image -> B x embed_dim x S/16 x S/16 image embedding.

    `features` also gives the saliency logits, B x 1 x S/4 x S/4: where the primary object is. They
    come from the same pyramid and teach it densely during training. What makes the features that
    the pyramid stands on is the subclass's.

    channels: of the features at strides 4, 8, 16, 32. pyramid, packed: see `TinyArchitecture`.
    """

    def __init__(
        self,
        arch: Architecture,
        channels: tuple[int, ...],
        pyramid: tuple[int, ...],
        packed: tuple[int, ...],
    ) -> None:
        super().__init__()
        self.img_size = arch.img_size
        c4, c8, c16, c32 = channels
        p4, p8, p16 = pyramid
        fine, middle = packed
        self.lateral32 = nn.Conv2d(c32, p16, 1)
        self.lateral16 = nn.Conv2d(c16, p16, 1)
        self.lateral8 = nn.Conv2d(c8, p16, 1)
        self.lateral4 = nn.Conv2d(c4, p8, 1)
        self.merge16 = ConvNormAct(p16, p16)
        self.merge8 = ConvNormAct(p16, p8)
        self.merge4 = ConvNormAct(p8, p4)
        self.pack8 = nn.Conv2d(p8, middle, 1)
        self.pack4 = nn.Conv2d(p4, fine, 1)
        self.neck = nn.Conv2d(p16 + middle * 4 + fine * 16, arch.embed_dim, 1, bias=False)
        self.neck_norm = nn.BatchNorm2d(arch.embed_dim)
        self.saliency = nn.Sequential(ConvNormAct(p4, 32), nn.Conv2d(32, 1, 1))

    def strided(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Features at strides 4, 8, 16 and 32, the last with a view of the whole image."""
        raise NotImplementedError

    def features(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Image embedding and saliency logits, see the class."""
        c4, c8, c16, c32 = self.strided(x)
        p16 = self.merge16(self.lateral16(c16) + _upsample2(self.lateral32(c32)))
        p8 = self.merge8(self.lateral8(c8) + _upsample2(p16))
        p4 = self.merge4(self.lateral4(c4) + _upsample2(p8))
        # Space to depth keeps the fine detail that SAM's decoder must unpack again at stride 4.
        packed = [p16, F.pixel_unshuffle(self.pack8(p8), 2), F.pixel_unshuffle(self.pack4(p4), 4)]
        return self.neck_norm(self.neck(torch.cat(packed, dim=1))), self.saliency(p4)

    def forward(self, x: Tensor) -> Tensor:
        return self.features(x)[0]


class LiteImageEncoder(TinyImageEncoder):
    """The second generation's: EfficientNet-Lite."""

    def __init__(self, arch: TinyArchitecture) -> None:
        backbone = EfficientNetLite(arch.stem, arch.stages)
        *finer, coarsest = backbone.channels
        dim = arch.attention_dim
        super().__init__(arch, (*finer, dim), arch.pyramid, arch.packed)
        self.backbone = backbone
        self.stage32 = nn.Sequential(ConvNormAct(coarsest, dim, 1), *_attention(arch, dim))

    def strided(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        c4, c8, c16, c32 = self.backbone(x)
        return c4, c8, c16, self.stage32(c32)


class ResidualImageEncoder(TinyImageEncoder):
    """The first generation's: residual convolutions."""

    def __init__(self, arch: ResidualArchitecture) -> None:
        super().__init__(arch, arch.widths, pyramid=(32, 64, 128), packed=(8, 32))
        w4, w8, w16, w32 = arch.widths
        d4, d8, d16 = arch.depths
        self.stem = ConvNormAct(3, arch.stem, stride=2)
        self.stage4 = _stage(arch.stem, w4, d4)
        self.stage8 = _stage(w4, w8, d8)
        self.stage16 = _stage(w8, w16, d16)
        self.stage32 = nn.Sequential(ConvNormAct(w16, w32, stride=2), *_attention(arch, w32))

    def strided(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        c4 = self.stage4(self.stem(x))
        c8 = self.stage8(c4)
        c16 = self.stage16(c8)
        return c4, c8, c16, self.stage32(c16)


def _attention(arch: Architecture, ch: int) -> list[AttentionBlock]:
    return [AttentionBlock(ch, arch.attention_heads) for _ in range(arch.attention_blocks)]


def _stage(in_ch: int, out_ch: int, depth: int) -> nn.Sequential:
    blocks = (ResidualBlock(out_ch) for _ in range(depth))
    return nn.Sequential(ConvNormAct(in_ch, out_ch, stride=2), *blocks)


def _upsample2(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def image_encoder(arch: Architecture) -> TinyImageEncoder:
    """The image encoder of the generation that the sizes belong to, random weights."""
    if isinstance(arch, ResidualArchitecture):
        return ResidualImageEncoder(arch)
    return LiteImageEncoder(arch)


def build_tiny(arch: Architecture | None = None) -> Sam:
    """A `Sam` of the bundled model's architecture, random weights, in eval mode, on the CPU."""
    arch = arch or TinyArchitecture()
    grid = (arch.img_size // 16, arch.img_size // 16)
    sam = Sam(
        image_encoder=image_encoder(arch),
        prompt_encoder=PromptEncoder(
            embed_dim=arch.embed_dim,
            image_embedding_size=grid,
            input_image_size=(arch.img_size, arch.img_size),
            mask_in_chans=16,
        ),
        mask_decoder=MaskDecoder(
            transformer_dim=arch.embed_dim,
            transformer=TwoWayTransformer(
                depth=2,
                embedding_dim=arch.embed_dim,
                num_heads=8,
                mlp_dim=arch.decoder_mlp_dim,
            ),
        ),
    )
    return sam.eval()
