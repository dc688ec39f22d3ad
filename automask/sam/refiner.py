"""The refiner: a small network that draws a coarse mask's outline on the photograph.

What a model proposes has cells: 80 on the longer side with `tiny`, 256 with SAM, whatever the
photograph's size. The refiner sees the photograph and the mask as they are and corrects the mask
where they disagree, after Cheng et al., "CascadePSP" (2020). As HQ-SAM does (Ke et al., 2023), it
takes the early features of the model's own encoder: those of `tiny`'s backbone up to stride 8,
trained on from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from automask.sam.efficientnet import LITE2, EfficientNetLite

STRIDE = 8  # of the coarsest features: sides of the input are multiples of it
SURE = 4.0  # logits of a mask that is sure, where the network changes nothing
# SAM's own, by which its images are normalised.
_MEAN = torch.tensor([123.675, 116.28, 103.53]).view(1, 3, 1, 1)
_DEVIATION = torch.tensor([58.395, 57.12, 57.375]).view(1, 3, 1, 1)


@dataclass(frozen=True)
class RefinerArchitecture:
    """The sizes that define the network; they travel in the weights file's metadata."""

    stem: int = 32  # of the backbone, channels at stride 2
    widths: tuple[int, int, int] = (24, 32, 64)  # channels at strides 2, 4, 8 on the way back
    context_blocks: int = 3  # at stride 8


class Refiner(nn.Module):
    """B x 3 x H x W image and B x 1 x H x W mask -> B x 1 x H x W logits, above 0 on the object.

    The image is normalised as SAM does; the mask is 0..1, hard or soft; sides are multiples of 8.
    """

    def __init__(self, arch: RefinerArchitecture | None = None) -> None:
        super().__init__()
        arch = arch or RefinerArchitecture()
        self.arch = arch
        # The first three stages: up to stride 8.
        self.backbone = EfficientNetLite(arch.stem, LITE2[:3])
        w2, w4, w8 = arch.widths
        self.enter8 = _conv_norm_act(48 + 64, w8, 1)
        self.context8 = nn.Sequential(*(_Residual(w8) for _ in range(arch.context_blocks)))
        self.down4, self.lateral4 = nn.Conv2d(w8, w4, 1), nn.Conv2d(24 + 16, w4, 1)
        self.merge4 = nn.Sequential(_conv_norm_act(w4, w4), _conv_norm_act(w4, w4))
        self.down2, self.lateral2 = nn.Conv2d(w4, w2, 1), nn.Conv2d(16 + 16, w2, 1)
        self.merge2 = nn.Sequential(_conv_norm_act(w2, w2), _conv_norm_act(w2, w2))
        # Stride 1 lies in the channels of stride 2, four pixels each: a fifth of the time that
        # convolutions of a few channels at stride 1 would take.
        self.draw = nn.Conv2d(w2, 4, 3, 1, 1)
        nn.init.zeros_(self.draw.weight)
        nn.init.zeros_(self.draw.bias)  # it begins by changing nothing

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        signed = 2 * mask - 1
        f2, f4, f8 = self._features(image)
        c8 = self.context8(self.enter8(torch.cat([f8, F.pixel_unshuffle(signed, 8)], dim=1)))
        lateral4 = self.lateral4(torch.cat([f4, F.pixel_unshuffle(signed, 4)], dim=1))
        c4 = self.merge4(lateral4 + _upsample2(self.down4(c8)))
        pixels = F.pixel_unshuffle(torch.cat([image, signed], dim=1), 2)
        lateral2 = self.lateral2(torch.cat([f2, pixels], dim=1))
        c2 = self.merge2(lateral2 + _upsample2(self.down2(c4)))
        return SURE * signed + F.pixel_shuffle(self.draw(c2), 2)

    def _features(self, image: Tensor) -> list[Tensor]:
        """Features at strides 2, 4 and 8."""
        body = self.backbone
        x = F.relu6(body.norm(body.stem(image)), inplace=True)
        first = body.blocks[0](x)
        x, features = first, [first]
        for i, block in enumerate(body.blocks[1:], start=1):
            x = block(x)
            if i in body.taps:
                features.append(x)
        return features


class _Residual(nn.Module):
    """Two 3 x 3 convolutions with a shortcut, after He et al. (2016); the first looks wider."""

    def __init__(self, ch: int) -> None:
        super().__init__()
        self.first = _conv_norm_act(ch, ch, dilation=2)
        self.second = nn.Sequential(nn.Conv2d(ch, ch, 1, bias=False), nn.BatchNorm2d(ch))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(self.first(x)))


def _conv_norm_act(ch_in: int, ch_out: int, kernel: int = 3, dilation: int = 1) -> nn.Sequential:
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(ch_in, ch_out, kernel, 1, padding, dilation, bias=False),
        nn.BatchNorm2d(ch_out),
        nn.ReLU(inplace=True),
    )


def _upsample2(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear")


def normalised(images_rgb: Tensor) -> Tensor:
    """B x H x W x 3 uint8 RGB as the network takes it, B x 3 x H x W float32, channels last."""
    pixels = images_rgb.permute(0, 3, 1, 2).float()
    return ((pixels - _MEAN) / _DEVIATION).contiguous(memory_format=torch.channels_last)


def begin_from(net: Refiner, tiny: Path) -> None:
    """Gives the backbone the weights of `tiny`'s, from a weights file of the second generation."""
    state = load_file(tiny)
    before = "image_encoder.backbone."
    own = {k.removeprefix(before): v.float() for k, v in state.items() if k.startswith(before)}
    wanted = net.backbone.state_dict()
    net.backbone.load_state_dict({k: own.get(k, v) for k, v in wanted.items()})
