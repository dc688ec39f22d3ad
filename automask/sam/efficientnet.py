"""EfficientNet-Lite, the backbone of `tiny`'s image encoder.

Tan and Le, "EfficientNet", 2019; the Lite variant drops squeeze-and-excitation and takes ReLU6 for
swish, so that it is fast on a CPU and survives low precision. The layers' names are those of the
weights file. Its stride-2 convolutions pad as TensorFlow does, since the published weights do.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# A stage: repeats, kernel, stride of its first block, expansion, channels out.
Stage = tuple[int, int, int, int, int]
# Lite2: Lite0 at 1.1 times the width and 1.2 times the depth.
LITE2: tuple[Stage, ...] = (
    (1, 3, 1, 1, 16),
    (3, 3, 2, 6, 24),
    (3, 5, 2, 6, 48),
    (4, 3, 2, 6, 88),
    (4, 5, 1, 6, 120),
    (5, 5, 2, 6, 208),
    (1, 3, 1, 6, 352),
)


class SameConv2d(nn.Conv2d):
    """Convolution without bias, padded as TensorFlow's `same`: of an even side, stride 2 pads one
    more at the end than at the beginning.
    """

    def __init__(
        self, ch_in: int, ch_out: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(ch_in, ch_out, kernel, stride, padding, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.stride[0] == 2:
            around = self.kernel_size[0] - 2
            before, after = around // 2, around - around // 2
            x = F.pad(x, (before, after, before, after))
        return super().forward(x)


class InvertedResidual(nn.Module):
    """Expand, convolve each channel, project; a shortcut where the shape stays (MobileNetV2)."""

    def __init__(self, ch_in: int, ch_out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        middle = ch_in * expansion
        self.expands = expansion != 1
        if self.expands:
            self.expand = SameConv2d(ch_in, middle, 1)
            self.expand_norm = _norm(middle)
        self.depthwise = SameConv2d(middle, middle, kernel, stride, groups=middle)
        self.depthwise_norm = _norm(middle)
        self.project = SameConv2d(middle, ch_out, 1)
        self.project_norm = _norm(ch_out)
        self.has_shortcut = stride == 1 and ch_in == ch_out

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.expand_norm(self.expand(x)), inplace=True) if self.expands else x
        y = F.relu6(self.depthwise_norm(self.depthwise(y)), inplace=True)
        y = self.project_norm(self.project(y))
        return x + y if self.has_shortcut else y


class EfficientNetLite(nn.Module):
    """B x 3 x S x S normalised image, S a multiple of 32 -> features at strides 4, 8, 16 and 32.

    stem: channels at stride 2. `channels` are those of the four features.
    """

    def __init__(self, stem: int = 32, stages: tuple[Stage, ...] = LITE2) -> None:
        super().__init__()
        self.stem, self.norm = SameConv2d(3, stem, 3, 2), _norm(stem)
        blocks, ch_in = [], stem
        for repeats, kernel, stride, expansion, ch_out in stages:
            for i in range(repeats):
                own_stride = stride if i == 0 else 1
                blocks.append(InvertedResidual(ch_in, ch_out, kernel, own_stride, expansion))
                ch_in = ch_out
        self.blocks = nn.ModuleList(blocks)
        self.taps = _last_of_each_stride(blocks)
        self.channels = tuple(blocks[i].project.out_channels for i in self.taps)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = F.relu6(self.norm(self.stem(x)), inplace=True)
        features = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in self.taps:
                features.append(x)
        return features


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)  # as trained on ImageNet


def _last_of_each_stride(blocks: list[InvertedResidual]) -> tuple[int, ...]:
    """Indices of the blocks before the resolution halves, from stride 4 on, and of the last."""
    halving = [i for i, block in enumerate(blocks) if block.depthwise.stride[0] == 2]
    return (*(following - 1 for _, following in pairwise(halving)), len(blocks) - 1)


@torch.no_grad()
def fold_input_scale(stem: Tensor, running_mean: Tensor) -> tuple[Tensor, Tensor]:
    """Stem kernel and its norm's running mean for an image normalised as SAM does.

    The published weights expect (pixel - 127) / 128; SAM gives (pixel - mean) / deviation, each
    channel its own. stem: C x 3 x k x k; running_mean: C.
    """
    mean = torch.tensor([123.675, 116.28, 103.53]).view(1, 3, 1, 1)
    deviation = torch.tensor([58.395, 57.12, 57.375]).view(1, 3, 1, 1)
    shift = (stem * (mean - 127) / 128).sum((1, 2, 3))
    return stem * deviation / 128, running_mean - shift
