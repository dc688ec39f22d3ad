"""The bundled model's architecture: a real `Sam`, small."""

from __future__ import annotations

import torch
from segment_anything.modeling import Sam

from automask.sam.tiny import TinyArchitecture, build_tiny

SMALL = TinyArchitecture(img_size=64, stem=8, widths=(8, 16, 16, 32), depths=(1, 1, 1))


def test_it_is_segment_anythings_own_class() -> None:
    assert isinstance(build_tiny(SMALL), Sam)


def test_embedding_is_at_stride_16_and_saliency_at_stride_4() -> None:
    model = build_tiny(SMALL)
    embedding, saliency = model.image_encoder.features(torch.zeros(2, 3, 64, 64))
    assert embedding.shape == (2, 128, 4, 4)
    assert saliency.shape == (2, 1, 16, 16)


def test_low_resolution_masks_are_a_quarter_of_the_input() -> None:
    model = build_tiny(SMALL)
    image = {
        "image": torch.zeros(3, 48, 64),
        "original_size": (96, 128),
        "boxes": torch.tensor([[4.0, 4.0, 40.0, 40.0]]),
    }
    with torch.no_grad():
        (result,) = model([image], multimask_output=True)
    assert result["low_res_logits"].shape == (1, 3, 16, 16)
    assert result["masks"].shape == (1, 3, 96, 128)


def test_the_default_fits_the_size_that_was_promised() -> None:
    numbers = sum(p.numel() for p in build_tiny().parameters())
    assert 2 * numbers <= 25e6  # bytes, two a number in the weights file
