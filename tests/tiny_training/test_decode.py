"""decode: SAM's own decoder's arithmetic, for several images at once."""

from __future__ import annotations

import pytest
import torch
from miniature import SMALL
from segment_anything.modeling import Sam

from automask.sam.tiny import build_tiny
from automask.tiny_training.decode import decode


@pytest.fixture
def sam() -> Sam:
    torch.manual_seed(0)
    return build_tiny(SMALL)


def prompts_at(sam: Sam, *points: list[float]) -> tuple[torch.Tensor, torch.Tensor]:
    """Sparse and dense embeddings of points x, y."""
    at = torch.tensor(points)[:, None]
    return sam.prompt_encoder((at, torch.ones(len(points), 1)), None, None)


@torch.no_grad()
def test_it_agrees_with_sams_own_decoder(sam: Sam) -> None:
    sparse, dense = prompts_at(sam, [10.0, 12.0], [40.0, 30.0])
    embedding = torch.randn(1, 128, 4, 4)
    ours = decode(sam, embedding, sparse, dense)
    own = sam.mask_decoder.predict_masks(
        embedding, sam.prompt_encoder.get_dense_pe(), sparse, dense
    )
    for mine, theirs in zip(ours, own, strict=True):
        assert torch.allclose(mine, theirs, atol=1e-5)


@torch.no_grad()
def test_each_of_several_images_gets_its_own_prompts(sam: Sam) -> None:
    embeddings = torch.randn(2, 128, 4, 4)
    first = prompts_at(sam, [10.0, 12.0], [40.0, 30.0])
    second = prompts_at(sam, [5.0, 50.0], [20.0, 20.0])
    both = (torch.cat(pair) for pair in zip(first, second, strict=True))
    together = decode(sam, embeddings, *both)
    alone = [decode(sam, embeddings[i : i + 1], *p) for i, p in enumerate((first, second))]
    for mine, one_by_one in zip(together, zip(*alone, strict=True), strict=True):
        assert torch.allclose(mine, torch.cat(one_by_one), atol=1e-5)


@torch.no_grad()
def test_there_are_four_masks_at_a_quarter_of_the_frame_and_four_scores(sam: Sam) -> None:
    logits, scores = decode(sam, torch.randn(1, 128, 4, 4), *prompts_at(sam, [10.0, 12.0]))
    assert logits.shape == (1, 4, 16, 16)
    assert scores.shape == (1, 4)
