"""The bundled model's architecture: a real `Sam`, small."""

from __future__ import annotations

import pytest
import torch
from miniature import SMALL, SMALL_RESIDUAL
from segment_anything.modeling import Sam

from automask.sam.tiny import Architecture, ResidualArchitecture, build_tiny

GENERATIONS = pytest.mark.parametrize("small", [SMALL, SMALL_RESIDUAL], ids=["second", "first"])


def test_it_is_segment_anythings_own_class() -> None:
    assert isinstance(build_tiny(SMALL), Sam)


@GENERATIONS
def test_embedding_is_at_stride_16_and_saliency_at_stride_4(small: Architecture) -> None:
    model = build_tiny(small)
    embedding, saliency = model.image_encoder.features(torch.zeros(2, 3, 64, 64))
    assert embedding.shape == (2, 128, 4, 4)
    assert saliency.shape == (2, 1, 16, 16)


@GENERATIONS
def test_low_resolution_masks_are_a_quarter_of_the_input(small: Architecture) -> None:
    model = build_tiny(small)
    image = {
        "image": torch.zeros(3, 48, 64),
        "original_size": (96, 128),
        "boxes": torch.tensor([[4.0, 4.0, 40.0, 40.0]]),
    }
    with torch.no_grad():
        (result,) = model([image], multimask_output=True)
    assert result["low_res_logits"].shape == (1, 3, 16, 16)
    assert result["masks"].shape == (1, 3, 96, 128)


def parameters(arch: Architecture | None = None) -> int:
    return sum(p.numel() for p in build_tiny(arch).parameters())


def test_the_default_fits_the_size_that_was_promised() -> None:
    assert parameters() == 7_593_841
    assert 2 * parameters() <= 25e6  # bytes, two a number in the weights file


def test_the_first_generation_has_the_sizes_that_it_had() -> None:
    assert parameters(ResidualArchitecture()) == 8_932_681
