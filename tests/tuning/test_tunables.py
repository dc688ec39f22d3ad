"""What learns in each family of models."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from miniature import SMALL, SMALL_RESIDUAL
from segment_anything.modeling import (
    ImageEncoderViT,
    MaskDecoder,
    PromptEncoder,
    Sam,
    TwoWayTransformer,
)
from torch import nn

from automask.labelled.folder import Labelled
from automask.sam.tiny import build_tiny
from automask.tuning.tunables import DecoderTunable, TinyTunable, make_tunable


def small_sam() -> Sam:
    """SAM's own modules with a one-block ViT, 64 px: seconds become milliseconds."""
    return Sam(
        image_encoder=ImageEncoderViT(
            img_size=64, patch_size=16, embed_dim=16, depth=1, num_heads=2, out_chans=32,
            norm_layer=partial(nn.LayerNorm, eps=1e-6),
        ),
        prompt_encoder=PromptEncoder(
            embed_dim=32, image_embedding_size=(4, 4), input_image_size=(64, 64), mask_in_chans=16
        ),
        mask_decoder=MaskDecoder(
            transformer_dim=32,
            transformer=TwoWayTransformer(depth=2, embedding_dim=32, num_heads=2, mlp_dim=32),
        ),
    ).eval()  # fmt: skip


def small_sam2() -> Any:
    from sam2.build_sam import build_sam2

    return build_sam2("configs/sam2.1/sam2.1_hiera_t.yaml", device="cpu")


def changed(model: Any, step: Callable[[], None]) -> set[str]:
    """Top-level modules whose parameters a step changes."""
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    step()
    after = dict(model.named_parameters())
    return {n.split(".")[0] for n in before if not torch.equal(before[n], after[n])}


def one_step(tunable: Any) -> None:
    learned = tunable.parameters()
    for parameter in learned:
        parameter.requires_grad_(True)
    tunable.training_loss(np.random.default_rng(0)).backward()
    with torch.no_grad():
        for parameter in learned:
            if parameter.grad is not None:
                parameter -= 0.1 * parameter.grad


def test_tiny_learns_in_encoder_and_decoder(discs: list[Labelled]) -> None:
    sam = build_tiny(SMALL)
    tunable = TinyTunable(sam, discs[:4], discs[4:])
    assert changed(sam, lambda: one_step(tunable)) >= {"image_encoder", "mask_decoder"}


def test_tinys_backbone_has_a_rate_of_its_own(discs: list[Labelled]) -> None:
    tunable = TinyTunable(build_tiny(SMALL), discs[:4], discs[4:])
    (rest, full), (backbone, share) = tunable.rates()
    assert (full, share) == (1.0, 0.2)
    assert len(backbone) == len(list(tunable.sam.image_encoder.backbone.parameters()))
    assert len(rest) + len(backbone) == len(tunable.parameters())


def test_a_tiny_without_a_backbone_learns_as_one(discs: list[Labelled]) -> None:
    tunable = TinyTunable(build_tiny(SMALL_RESIDUAL), discs[:4], discs[4:])
    assert [(len(group), rate) for group, rate in tunable.rates()] == [
        (len(tunable.parameters()), 1.0)
    ]


def test_tinys_batch_statistics_stay(discs: list[Labelled]) -> None:
    sam = build_tiny(SMALL)
    before = sam.image_encoder.neck_norm.running_mean.clone()
    one_step(TinyTunable(sam, discs[:4], discs[4:]))
    assert torch.equal(sam.image_encoder.neck_norm.running_mean, before)


def test_sam_learns_in_the_mask_decoder_alone(discs: list[Labelled]) -> None:
    sam = small_sam()
    tunable = DecoderTunable(sam, discs[:4], discs[4:])
    assert changed(sam, lambda: one_step(tunable)) == {"mask_decoder"}


@pytest.mark.slow
def test_sam2_learns_in_the_mask_decoder_alone(discs: list[Labelled]) -> None:
    model = small_sam2()
    tunable = DecoderTunable(model, discs[:2], discs[2:3])
    assert changed(model, lambda: one_step(tunable)) == {"sam_mask_decoder"}


def test_each_photograph_is_encoded_once_and_mirrored_once(
    discs: list[Labelled], monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = small_sam()
    encoded = []
    forward = sam.image_encoder.forward
    monkeypatch.setattr(sam.image_encoder, "forward", lambda x: encoded.append(1) or forward(x))
    tunable = DecoderTunable(sam, discs[:4], discs[4:])
    for seed in range(3):
        tunable.training_loss(np.random.default_rng(seed))
    assert len(encoded) == 2 * 4 + 2


def test_the_held_out_loss_is_the_same_until_something_is_learned(discs: list[Labelled]) -> None:
    for tunable in (
        TinyTunable(build_tiny(SMALL), discs[:4], discs[4:]),
        DecoderTunable(small_sam(), discs[:4], discs[4:]),
    ):
        before = tunable.held_out_loss()
        assert tunable.held_out_loss() == before
        one_step(tunable)
        assert tunable.held_out_loss() != before


def test_the_answers_are_those_of_sams_own_predictor(discs: list[Labelled]) -> None:
    from segment_anything import SamPredictor

    from automask.tiny_training.prompts import sample_prompts

    sam = small_sam()
    tunable = DecoderTunable(sam, discs[:1], discs[1:2])
    shown, view = tunable.learn[0], tunable.learn[0].view
    prompts = sample_prompts([view], np.random.default_rng(0))
    with torch.no_grad():
        logits, scores = tunable.answering.answer(shown.features, prompts)
    predictor = SamPredictor(sam)
    predictor.set_image(discs[0].image)
    point = prompts.points[0, :1]
    _, own_scores, own_logits = predictor.predict(point, np.ones(1), multimask_output=True)
    assert np.allclose(logits[0, 1:].numpy(), own_logits, atol=1e-4)
    assert np.allclose(scores[0, 1:].numpy(), own_scores, atol=1e-5)
    _, _, boxed = predictor.predict(box=prompts.boxes[0], multimask_output=False)
    assert np.allclose(logits[-1, :1].numpy(), boxed, atol=1e-4)


def test_the_family_decides(discs: list[Labelled]) -> None:
    assert isinstance(make_tunable(build_tiny(SMALL), "tiny", discs, discs), TinyTunable)
    assert isinstance(make_tunable(small_sam(), "sam", discs[:1], discs[:1]), DecoderTunable)
