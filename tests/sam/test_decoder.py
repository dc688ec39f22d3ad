"""The fast decoder against the packages' own, on random weights and random prompts."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from segment_anything.modeling import MaskDecoder, TwoWayTransformer
from torch import Tensor, nn

from automask.sam.decoder import FastMaskDecoder
from automask.sam.two_way import ImageSide

CHANNELS, HEIGHT, WIDTH = 32, 4, 6
PROMPTS = 5


def noisy(decoder: nn.Module) -> Any:
    """Biases and norms start as 0 and 1, which would hide a mistake with them."""
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return decoder.eval()


@pytest.fixture
def sam_decoder() -> Any:
    torch.manual_seed(0)
    transformer = TwoWayTransformer(depth=2, embedding_dim=CHANNELS, num_heads=2, mlp_dim=64)
    return noisy(MaskDecoder(transformer_dim=CHANNELS, transformer=transformer))


@pytest.fixture(params=["with object score", "without"])
def sam2_decoder(request: pytest.FixtureRequest) -> Any:
    from sam2.modeling.sam.mask_decoder import MaskDecoder as Sam2Decoder
    from sam2.modeling.sam.transformer import TwoWayTransformer as Sam2Transformer

    torch.manual_seed(1)
    transformer = Sam2Transformer(depth=2, embedding_dim=CHANNELS, num_heads=2, mlp_dim=64)
    return noisy(
        Sam2Decoder(
            transformer_dim=CHANNELS,
            transformer=transformer,
            use_high_res_features=True,
            iou_prediction_use_sigmoid=True,
            pred_obj_scores=request.param == "with object score",
        )
    )


@pytest.fixture
def asked() -> dict[str, Tensor]:
    torch.manual_seed(2)
    image = (1, CHANNELS, HEIGHT, WIDTH)
    return {
        "image_embeddings": torch.randn(image),
        "image_pe": torch.randn(image),
        "sparse_prompt_embeddings": torch.randn(PROMPTS, 2, CHANNELS),
        "dense_prompt_embeddings": torch.randn(1, CHANNELS, 1, 1).expand(PROMPTS, *image[1:]),
    }


def side_of(fast: FastMaskDecoder, asked: dict[str, Tensor], fine: Any = None) -> ImageSide:
    dense = asked["dense_prompt_embeddings"][:1]
    return fast.image_side(asked["image_embeddings"], asked["image_pe"], dense, fine)


@pytest.mark.parametrize("multimask", [True, False], ids=["three masks", "one mask"])
@torch.no_grad()
def test_logits_and_scores_are_those_of_sams_decoder(
    sam_decoder: Any, asked: dict[str, Tensor], multimask: bool
) -> None:
    own = sam_decoder(**asked, multimask_output=multimask)
    fast = FastMaskDecoder(sam_decoder)
    wanted = slice(1, None) if multimask else slice(0, 1)
    ours = fast.answer(side_of(fast, asked), asked["sparse_prompt_embeddings"], wanted)
    for mine, theirs in zip(ours, own, strict=True):
        assert mine.shape == theirs.shape
        assert theirs.abs().max() > 0.1
        assert (mine - theirs).abs().max() < 1e-5


@torch.no_grad()
def test_logits_and_scores_are_those_of_sam2s_decoder(
    sam2_decoder: Any, asked: dict[str, Tensor]
) -> None:
    fine = [
        torch.randn(1, CHANNELS // 8, 4 * HEIGHT, 4 * WIDTH),
        torch.randn(1, CHANNELS // 4, 2 * HEIGHT, 2 * WIDTH),
    ]
    logits, scores, _, _ = sam2_decoder.predict_masks(
        **asked, repeat_image=True, high_res_features=fine
    )
    fast = FastMaskDecoder(sam2_decoder)
    side = side_of(fast, asked, fine)
    mine = fast.answer(side, asked["sparse_prompt_embeddings"], slice(0, None))
    assert (mine[0] - logits).abs().max() < 1e-5
    assert (mine[1] - scores).abs().max() < 1e-5


@torch.no_grad()
def test_blocks_change_nothing(sam_decoder: Any, asked: dict[str, Tensor]) -> None:
    fast = FastMaskDecoder(sam_decoder)
    side, sparse = side_of(fast, asked), asked["sparse_prompt_embeddings"]
    whole = fast.answer(side, sparse, slice(1, None))
    blocks = [fast.answer(side, block, slice(1, None)) for block in sparse.split(2)]
    for i in range(2):
        assert torch.allclose(whole[i], torch.cat([block[i] for block in blocks]), atol=1e-6)


@torch.no_grad()
def test_confident_gives_exactly_the_masks_above_the_threshold(
    sam_decoder: Any, asked: dict[str, Tensor]
) -> None:
    logits, scores = sam_decoder(**asked, multimask_output=True)
    # Between two scores, at the widest gap about the middle: on a score itself, rounding decides.
    middle = scores.flatten().sort().values[3:-3]
    widest = int(middle.diff().argmax())
    threshold = float(middle[widest : widest + 2].mean())
    fast = FastMaskDecoder(sam_decoder)
    kept, kept_scores, kept_logits = fast.confident(
        side_of(fast, asked), asked["sparse_prompt_embeddings"], threshold
    )
    expected = scores > threshold
    assert 0 < expected.sum() < expected.numel()
    assert torch.equal(kept, expected)
    assert torch.allclose(kept_scores, scores[expected], atol=1e-5)
    assert torch.allclose(kept_logits, logits[expected], atol=1e-5)


@torch.no_grad()
def test_where_nothing_is_confident_there_are_no_masks(
    sam_decoder: Any, asked: dict[str, Tensor]
) -> None:
    fast = FastMaskDecoder(sam_decoder)
    sparse = asked["sparse_prompt_embeddings"]
    kept, scores, logits = fast.confident(side_of(fast, asked), sparse, 1e9)
    assert not kept.any()
    assert len(scores) == 0
    assert logits.shape == (0, 4 * HEIGHT, 4 * WIDTH)


@torch.no_grad()
def test_in_bfloat16_the_answers_are_near(sam_decoder: Any, asked: dict[str, Tensor]) -> None:
    own_logits, own_scores = sam_decoder(**asked, multimask_output=True)
    fast = FastMaskDecoder(sam_decoder, torch.bfloat16)
    sparse = asked["sparse_prompt_embeddings"]
    logits, scores = fast.answer(side_of(fast, asked), sparse, slice(1, None))
    error = (logits.float() - own_logits).norm() / own_logits.norm()
    assert 0 < error < 0.05
    assert (scores - own_scores).abs().max() < 0.05
    assert next(sam_decoder.parameters()).dtype == torch.float32  # the model's own is untouched


@torch.no_grad()
def test_scores_do_not_come_in_bfloat16s_steps(sam_decoder: Any, asked: dict[str, Tensor]) -> None:
    """Steps of 0.004 near 1 would make ties of what NMS and the choice must tell apart."""
    fast = FastMaskDecoder(sam_decoder, torch.bfloat16)
    sparse = asked["sparse_prompt_embeddings"]
    scores = fast.answer(side_of(fast, asked), sparse, slice(1, None))[1]
    assert scores.dtype == torch.float32
    assert not torch.equal(scores, scores.bfloat16().float())


@torch.no_grad()
def test_logits_of_the_padding_are_not_computed(sam_decoder: Any, asked: dict[str, Tensor]) -> None:
    fast = FastMaskDecoder(sam_decoder)
    sparse, dense = asked["sparse_prompt_embeddings"], asked["dense_prompt_embeddings"][:1]
    image = asked["image_embeddings"], asked["image_pe"], dense
    whole = fast.answer(fast.image_side(*image), sparse, slice(1, None))[0]
    part = fast.answer(fast.image_side(*image, content=(3, 5)), sparse, slice(1, None))[0]
    assert whole.shape[2:] == (4 * HEIGHT, 4 * WIDTH)
    assert part.shape[2:] == (4 * 3, 4 * 5)
    assert (part - whole[:, :, :12, :20]).abs().max() < 1e-5
