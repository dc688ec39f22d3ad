"""What is asked in a step: prompts in order, each held against its own mask."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from miniature import SMALL, rectangle
from segment_anything.modeling import Sam

from automask.sam.tiny import build_tiny
from automask.tiny_training import objective
from automask.tiny_training.augment import View
from automask.tiny_training.batch import Batch, quarter
from automask.tiny_training.objective import batch_losses, embed_prompts, set_frame, total
from automask.tiny_training.prompts import Prompts

LEFT, RIGHT, LOW = rectangle(8, 8, 40, 28), rectangle(8, 36, 40, 56), rectangle(44, 8, 60, 56)
BOTH = np.maximum(LEFT, RIGHT)
ON_OBJECT = [True, False, True, True, False, True]  # of each image a point, one beside, the box


@pytest.fixture
def sam() -> Sam:
    torch.manual_seed(0)
    return build_tiny(SMALL)


@pytest.fixture
def batch() -> Batch:
    """Two images; in the first the point asks for one object and the box for the other."""
    image = np.zeros((64, 64, 3), np.uint8)
    views = [View(image, BOTH, (64, 64), (LEFT, RIGHT)), View(image, LOW, (64, 64))]
    prompts = Prompts(
        points=np.array([[[10, 12], [2, 3]], [[20, 50], [60, 5]]], np.float32),
        on_object=np.array([[True, False], [True, False]]),
        boxes=np.array([[36, 8, 56, 40], [8, 44, 56, 60]], np.float32),
        targets=[[LEFT, BOTH, RIGHT], [LOW, LOW, LOW]],
    )
    return Batch(views, prompts)


class Decoder:
    """In place of decode: output 2 of each prompt is what `answers` says, the others all wrong."""

    def __init__(self, answers: list[np.ndarray], scores: torch.Tensor) -> None:
        right = (quarter(answers) - 0.5) * 40
        self.logits = torch.cat([right, -right, right, -right], dim=1)
        self.scores = scores
        self.dense: list[torch.Tensor] = []  # what it was given, call by call

    def __call__(
        self, _sam: Sam, _embeddings: torch.Tensor, _sparse: torch.Tensor, dense: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        self.dense.append(dense)
        return self.logits, self.scores


ASKED = [LEFT, BOTH, RIGHT, LOW, LOW, LOW]
TRUE_SCORES = torch.tensor([[1.0, 0, 1, 0], [0] * 4, [1, 0, 1, 0]] * 2)  # 0 beside the object
WRONG_OUTPUTS = 0.05 * 2 / 3 * 20.97  # two of three outputs wrong, see the losses


def test_each_answer_is_held_against_the_mask_that_its_prompt_asked_for(
    sam: Sam, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objective, "decode", Decoder(ASKED, TRUE_SCORES))
    terms = batch_losses(sam, batch, refine=False)
    assert terms["mask"].item() == pytest.approx(WRONG_OUTPUTS, abs=0.01)
    assert terms["score"].item() == pytest.approx(0)


def test_the_answer_to_another_prompt_is_wrong(
    sam: Sam, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    swapped = [RIGHT, BOTH, LEFT, LOW, LOW, LOW]
    monkeypatch.setattr(objective, "decode", Decoder(swapped, TRUE_SCORES))
    terms = batch_losses(sam, batch, refine=False)
    assert terms["mask"].item() > 1
    assert terms["score"].item() > 0.1


def test_a_refining_step_asks_again_with_the_best_mask(
    sam: Sam, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = Decoder(ASKED, TRUE_SCORES)
    monkeypatch.setattr(objective, "decode", decoder)
    batch_losses(sam, batch, refine=True)
    _, again = decoder.dense
    expected = sam.prompt_encoder.mask_downscaling(decoder.logits[:, 2:3])
    assert torch.allclose(again.float(), expected, atol=0.05)  # bfloat16, where that is fast


def test_losses_of_a_new_model_are_finite_and_reach_its_weights(sam: Sam, batch: Batch) -> None:
    terms = batch_losses(sam, batch, refine=False)
    assert list(terms) == ["saliency", "mask", "score"]
    total(terms).backward()
    assert torch.isfinite(torch.stack(list(terms.values()))).all()
    first_layer = next(sam.image_encoder.parameters())
    assert first_layer.grad is not None
    assert first_layer.grad.abs().sum() > 0


def test_masks_count_twice_as_much_as_the_score() -> None:
    terms = {"saliency": 1.0, "mask": 10.0, "score": 100.0}
    assert total({k: torch.tensor(v) for k, v in terms.items()}).item() == 122


@torch.no_grad()
def test_an_images_prompts_lie_together_its_box_last(sam: Sam, batch: Batch) -> None:
    sparse, dense, on_object = embed_prompts(sam, batch.prompts)
    assert on_object.tolist() == ON_OBJECT
    assert dense.shape == (6, 128, 4, 4)
    label = torch.ones(1, 1)
    point, _ = sam.prompt_encoder((torch.tensor([[[20.0, 50.0]]]), label), None, None)
    box, _ = sam.prompt_encoder(None, torch.tensor([[8.0, 44.0, 56.0, 60.0]]), None)
    assert torch.allclose(sparse[3], point[0], atol=1e-5)  # the second image's first
    assert torch.allclose(sparse[5], box[0], atol=1e-5)


@torch.no_grad()
def test_a_model_takes_frames_of_any_size_it_is_told(sam: Sam) -> None:
    set_frame(sam, 96)
    embedding, _ = sam.image_encoder.features(torch.zeros(1, 3, 96, 96))
    point = (torch.tensor([[[48.0, 48.0]]]), torch.ones(1, 1))
    _, dense = sam.prompt_encoder(point, None, None)
    assert dense.shape == embedding.shape == (1, 128, 6, 6)
    assert sam.image_encoder.img_size == 96
