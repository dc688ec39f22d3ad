"""The fast encoders against the packages' own, on random weights and random images."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from miniature import SMALL, SMALL_RESIDUAL
from segment_anything.modeling import ImageEncoderViT
from torch import Tensor, nn

from automask.sam.encoder import FastTinyEncoder, FastVit, fast_encoder
from automask.sam.tiny import TinyImageEncoder, image_encoder


def vit(**changes: object) -> ImageEncoderViT:
    """A ViT of 6 x 6 positions: windows of 4 do not fit, so their last ones reach over the edge."""
    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        "img_size": 96, "embed_dim": 32, "depth": 3, "num_heads": 2, "out_chans": 16,
        "use_rel_pos": True, "window_size": 4, "global_attn_indexes": (1,),
    }  # fmt: skip
    encoder = ImageEncoderViT(**{**sizes, **changes}).eval()
    with torch.no_grad():  # positions and biases start as 0, which would hide a mistake with them
        for parameter in encoder.parameters():
            parameter += 0.2 * torch.randn_like(parameter)
    return encoder


def images(count: int = 2, side: int = 96) -> Tensor:
    torch.manual_seed(1)
    return torch.randn(count, 3, side, side)


def relative_error(ours: Tensor, theirs: Tensor) -> float:
    return float((ours - theirs).norm() / theirs.norm())


@torch.no_grad()
def test_in_float32_the_embedding_is_the_vits_own() -> None:
    encoder = vit()
    fast = fast_encoder(encoder, torch.float32)
    assert isinstance(fast, FastVit)
    theirs, ours = encoder(images()), fast(images())
    assert ours.shape == theirs.shape == (2, 16, 6, 6)
    assert theirs.abs().max() > 0.5
    assert (ours - theirs).abs().max() < 1e-4


@torch.no_grad()
def test_both_kinds_of_positions_are_felt() -> None:
    """The comparison above would miss a forgotten position if positions had no effect."""
    encoder = vit()
    before = encoder(images())
    for block in encoder.blocks:
        block.attn.rel_pos_w.zero_()
    assert relative_error(encoder(images()), before) > 0.01
    assert relative_error(fast_encoder(encoder, torch.float32)(images()), before) > 0.01


@torch.no_grad()
def test_in_bfloat16_the_embedding_is_near() -> None:
    encoder = vit()
    fast = fast_encoder(encoder, torch.bfloat16)
    assert fast(images()).dtype == torch.float32
    assert 0 < relative_error(fast(images()), encoder(images())) < 0.02


@torch.no_grad()
def test_the_vit_that_was_given_stays_as_it_was() -> None:
    encoder = vit()
    before = encoder(images())
    fast_encoder(encoder, torch.bfloat16)(images())
    assert torch.equal(encoder(images()), before)


@pytest.mark.parametrize("without", ["use_rel_pos", "use_abs_pos", "qkv_bias"])
def test_a_vit_of_another_form_than_sams_is_left_to_its_package(without: str) -> None:
    encoder = vit(**{without: False})
    assert fast_encoder(encoder, torch.float32) is encoder


def test_an_encoder_of_another_kind_is_left_to_its_package() -> None:
    other = nn.Conv2d(3, 8, 16, 16)
    assert fast_encoder(other, torch.bfloat16) is other


@pytest.fixture(scope="module", params=[SMALL, SMALL_RESIDUAL], ids=["second", "first"])
def tiny(request: pytest.FixtureRequest) -> TinyImageEncoder:
    """The encoder of each generation."""
    torch.manual_seed(0)
    encoder = image_encoder(request.param).train()
    with torch.no_grad():
        for _ in range(3):  # the norms' running means and variances leave 0 and 1
            encoder(torch.randn(4, 3, 64, 64) * 2 + 1)
    return encoder.eval()


@torch.no_grad()
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 1e-5), (torch.bfloat16, 0.05)])
def test_tinys_embedding_and_saliency_are_its_own(
    tiny: TinyImageEncoder, dtype: torch.dtype, bound: float
) -> None:
    fast = fast_encoder(tiny, dtype)
    assert isinstance(fast, FastTinyEncoder)
    image = images(1, 64)
    for ours, theirs in zip(fast(image), tiny.features(image), strict=True):
        assert ours.shape == theirs.shape
        assert ours.dtype == torch.float32
        assert relative_error(ours, theirs) < bound


def test_no_norm_is_left_in_tinys_fast_encoder(tiny: TinyImageEncoder) -> None:
    fast = fast_encoder(tiny, torch.float32)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fast.modules())
    assert any(isinstance(module, nn.BatchNorm2d) for module in tiny.modules())
