"""Prompts of one's own: what the SAM package's predictor answers, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from miniature import SMALL
from segment_anything import SamPredictor

from automask.sam.predictor import Prompter
from automask.sam.tiny import build_tiny

BOX = np.array([10, 5, 50, 40], np.float32)  # xyxy
X, Y = 30.0, 12.0


@pytest.fixture(scope="module")
def model() -> Any:
    torch.manual_seed(0)
    return build_tiny(SMALL)


def photograph(seed: int = 0) -> np.ndarray:
    """48 x 80 of noise, red much stronger than blue."""
    noise = np.random.default_rng(seed).integers(0, 256, (48, 80, 3))
    return (noise * (1.0, 0.5, 0.1)).astype(np.uint8)


@pytest.fixture
def prompter(model: Any) -> Prompter:
    ours = Prompter(model)
    ours.look_at(photograph())
    return ours


@pytest.fixture
def direct(model: Any) -> SamPredictor:
    theirs = SamPredictor(model)
    theirs.set_image(photograph(), "RGB")
    return theirs


def test_a_box_is_answered_with_one_mask_of_the_photographs_size(prompter: Prompter) -> None:
    mask = prompter.by_box(BOX)
    assert (mask.shape, mask.dtype) == ((48, 80), np.bool_)


def test_a_point_is_answered_with_three_masks_and_their_predicted_iou(prompter: Prompter) -> None:
    masks, scores = prompter.by_point(X, Y)
    assert (masks.shape, masks.dtype) == ((3, 48, 80), np.bool_)
    assert (scores.shape, scores.dtype) == ((3,), np.float32)


def test_a_box_gives_what_segment_anything_gives(prompter: Prompter, direct: SamPredictor) -> None:
    theirs, _, _ = direct.predict(box=BOX, multimask_output=False)
    assert 0 < theirs.mean() < 1
    assert np.array_equal(prompter.by_box(BOX), theirs[0])


def test_a_point_gives_what_segment_anything_gives(
    prompter: Prompter, direct: SamPredictor
) -> None:
    on_the_object = np.array([1])
    theirs, their_scores, _ = direct.predict(np.array([[X, Y]]), on_the_object)
    masks, scores = prompter.by_point(X, Y)
    assert 0 < theirs.mean() < 1
    assert np.array_equal(masks, theirs)
    assert scores == pytest.approx(their_scores, abs=1e-6)


def test_another_photograph_replaces_the_one_before(prompter: Prompter) -> None:
    before = prompter.by_point(X, Y)[1]
    prompter.look_at(photograph(seed=1))
    after = prompter.by_point(X, Y)[1]
    prompter.look_at(photograph())
    assert not np.allclose(before, after, atol=1e-6)
    assert prompter.by_point(X, Y)[1] == pytest.approx(before, abs=1e-6)


# SAM 2


class FakeSam2Predictor:
    """Answers as SAM 2's does: masks are float32 0 and 1."""

    def __init__(self, model: object) -> None:
        self.model = model

    def predict(self, *_: Any, multimask_output: bool, **__: Any) -> tuple[np.ndarray, ...]:
        masks = np.array([[[0, 1]], [[1, 0]], [[1, 1]]], np.float32)
        count = 3 if multimask_output else 1
        return masks[:count], np.array([0.25, 0.5, 0.75], np.float32)[:count], masks[:count]


@pytest.fixture
def sam2_prompter(monkeypatch: pytest.MonkeyPatch) -> Prompter:
    name = "sam2.sam2_image_predictor.SAM2ImagePredictor"
    monkeypatch.setattr(name, FakeSam2Predictor)
    return Prompter(object())


def test_any_other_model_goes_through_sam_2s_own_predictor(sam2_prompter: Prompter) -> None:
    assert isinstance(sam2_prompter.predictor, FakeSam2Predictor)


def test_masks_of_sam_2_are_made_boolean(sam2_prompter: Prompter) -> None:
    boxed, (masks, _) = sam2_prompter.by_box(BOX), sam2_prompter.by_point(X, Y)
    assert boxed.dtype == masks.dtype == np.bool_
    assert boxed.tolist() == [[False, True]]
    assert masks.tolist() == [[[False, True]], [[True, False]], [[True, True]]]
