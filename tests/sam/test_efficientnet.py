"""EfficientNet-Lite's layers against their arithmetic written out."""

from __future__ import annotations

import torch
from miniature import SMALL
from torch import Tensor
from torch.nn import functional as F

from automask.sam.efficientnet import (
    EfficientNetLite,
    InvertedResidual,
    SameConv2d,
    fold_input_scale,
)


def with_norms_at_work(module: torch.nn.Module) -> torch.nn.Module:
    """In eval mode, its norms with means and variances of their own."""
    torch.manual_seed(0)
    for norm in module.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2)
            torch.nn.init.normal_(norm.weight, 1, 0.2)
            torch.nn.init.normal_(norm.bias)
    return module.eval()


def normed(x: Tensor, norm: torch.nn.BatchNorm2d) -> Tensor:
    def wide(v: Tensor) -> Tensor:
        return v.view(1, -1, 1, 1)

    scale = norm.weight / (norm.running_var + 1e-3).sqrt()
    return (x - wide(norm.running_mean)) * wide(scale) + wide(norm.bias)


def test_stride_2_pads_one_more_at_the_end() -> None:
    """TensorFlow's `same`: a kernel of 3 over an even side begins at the first pixel."""
    convolution = SameConv2d(1, 1, 3, stride=2)
    with torch.no_grad():
        convolution.weight.fill_(1)
    image = torch.tensor([[[[1.0, 2, 0, 0], [4, 8, 0, 0], [0, 0, 0, 0], [0, 0, 0, 16]]]])
    assert convolution(image).tolist() == [[[[15.0, 0.0], [0.0, 16.0]]]]


def test_a_kernel_of_5_over_an_even_side_pads_one_before_and_two_after() -> None:
    convolution = SameConv2d(1, 1, 5, stride=2)
    with torch.no_grad():
        convolution.weight.zero_()
        convolution.weight[0, 0, 1, 1] = 1  # with one row and column before, the first pixel
    image = torch.arange(16.0).view(1, 1, 4, 4)
    assert convolution(image).tolist() == [[[[0.0, 2.0], [8.0, 10.0]]]]


@torch.no_grad()
def test_a_block_expands_convolves_each_channel_and_projects() -> None:
    block = with_norms_at_work(InvertedResidual(4, 4, kernel=3, stride=1, expansion=2))
    x = torch.randn(1, 4, 6, 6)
    wide = F.conv2d(x, block.expand.weight)
    wide = normed(wide, block.expand_norm).clamp(0, 6)
    each = [
        F.conv2d(wide[:, i : i + 1], block.depthwise.weight[i : i + 1], padding=1) for i in range(8)
    ]
    wide = normed(torch.cat(each, dim=1), block.depthwise_norm).clamp(0, 6)
    narrow = normed(F.conv2d(wide, block.project.weight), block.project_norm)
    assert torch.allclose(block(x), x + narrow, atol=1e-5)


@torch.no_grad()
def test_a_block_that_changes_the_shape_has_no_shortcut() -> None:
    block = with_norms_at_work(InvertedResidual(4, 6, kernel=3, stride=1, expansion=1))
    x = torch.randn(1, 4, 6, 6)
    wide = F.conv2d(x, block.depthwise.weight, padding=1, groups=4)
    wide = normed(wide, block.depthwise_norm).clamp(0, 6)
    narrow = normed(F.conv2d(wide, block.project.weight), block.project_norm)
    assert torch.allclose(block(x), narrow, atol=1e-5)


def test_features_are_the_last_of_each_stride() -> None:
    backbone = EfficientNetLite()
    assert backbone.taps == (3, 6, 14, 20)
    assert backbone.channels == (24, 48, 120, 352)


@torch.no_grad()
def test_features_are_at_strides_4_to_32() -> None:
    backbone = EfficientNetLite(SMALL.stem, SMALL.stages).eval()
    shapes = [tuple(f.shape) for f in backbone(torch.zeros(1, 3, 64, 96))]
    assert shapes == [(1, 8, 16, 24), (1, 16, 8, 12), (1, 24, 4, 6), (1, 32, 2, 3)]


@torch.no_grad()
def test_the_input_scale_is_folded_into_the_stem() -> None:
    """A pixel as (p - 127) / 128 through the published stem, as SAM normalises it through ours."""
    torch.manual_seed(0)
    published, running_mean = torch.randn(2, 3, 3, 3), torch.randn(2)
    stem, mean = fold_input_scale(published, running_mean)
    pixels = torch.full((1, 3, 3, 3), 200.0)
    theirs = F.conv2d((pixels - 127) / 128, published) - running_mean.view(1, 2, 1, 1)
    pixel_mean = torch.tensor([123.675, 116.28, 103.53]).view(1, 3, 1, 1)
    pixel_std = torch.tensor([58.395, 57.12, 57.375]).view(1, 3, 1, 1)
    ours = F.conv2d((pixels - pixel_mean) / pixel_std, stem) - mean.view(1, 2, 1, 1)
    assert torch.allclose(ours, theirs, atol=1e-4)
