"""A model that is talked to: several photographs encoded, each asked in any order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from miniature import SMALL
from segment_anything import SamPredictor

from automask.records import ObjectPrompt
from automask.sam.answer import answers
from automask.sam.interactive import Interactive, Question
from automask.sam.predictor import predictor_of
from automask.sam.tiny import build_tiny

POINT = Question([(0.5, 0.25)], [True], is_ambiguous=True)
BOX = Question(box_xyxy=(0.125, 0.1, 0.75, 0.9))


@pytest.fixture(scope="module")
def model() -> Any:
    torch.manual_seed(0)
    return build_tiny(SMALL)


def photograph(seed: int, size: tuple[int, int] = (48, 80)) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (*size, 3))
    return (noise * (1.0, 0.5, 0.1)).astype(np.uint8)


def test_a_question_gets_what_segment_anything_gives(model: Any) -> None:
    theirs = SamPredictor(model)
    theirs.set_image(photograph(0))
    expected, scores, low = theirs.predict(
        np.array([[40.0, 12.0]]), np.array([1]), multimask_output=True, return_logits=True
    )
    tool = Interactive(model)
    answer = tool.ask(tool.embed(photograph(0)), POINT)
    np.testing.assert_allclose(answer.logits, expected, atol=1e-5)
    np.testing.assert_allclose(answer.predicted_iou, scores, atol=1e-6)
    np.testing.assert_allclose(answer.low, low, atol=1e-5)


def test_photographs_are_asked_in_any_order_without_being_encoded_again(model: Any) -> None:
    tool = Interactive(model)
    first, second = tool.embed(photograph(0)), tool.embed(photograph(1, (64, 40)))
    before = tool.ask(first, BOX)
    other = tool.ask(second, BOX)
    assert (before.logits.shape, other.logits.shape) == ((1, 48, 80), (1, 64, 40))
    assert np.array_equal(tool.ask(first, BOX).logits, before.logits)
    assert first.bytes > 0


def test_the_mask_before_is_fed_back(model: Any) -> None:
    tool = Interactive(model)
    embedding = tool.embed(photograph(0))
    first = tool.ask(embedding, BOX)
    again = tool.ask(embedding, Question(box_xyxy=BOX.box_xyxy, previous=first.low))
    assert not np.array_equal(first.logits, again.logits)
    made = tool.as_previous(np.ones((48, 80), np.bool_))
    assert made.shape == first.low.shape


def test_prompts_of_a_file_are_answered_one_by_one(model: Any) -> None:
    point = ObjectPrompt(((0.5, 0.25, True),), None, is_relative=True)
    box = ObjectPrompt((), (0.125, 0.1, 0.75, 0.9), is_relative=True)
    predictor = predictor_of(model)
    by_point, by_box = answers(predictor, photograph(0), [point, box], iterations=1)
    tool = Interactive(model)
    embedding = tool.embed(photograph(0))
    three = tool.ask(embedding, POINT)
    best = three.logits[three.predicted_iou.argmax()] > 0
    assert np.array_equal(by_point.mask, best)  # of three the one with the highest prediction
    assert np.array_equal(by_box.mask, tool.ask(embedding, BOX).logits[0] > 0)
    twice = next(iter(answers(predictor, photograph(0), [box], iterations=2)))
    assert twice.predicted_iou != by_box.predicted_iou


@pytest.mark.slow
def test_sam2_is_talked_to_in_the_same_way(sam2_model: Any) -> None:
    tool = Interactive(sam2_model)
    first, second = tool.embed(photograph(0)), tool.embed(photograph(1, (64, 40)))
    before = tool.ask(first, POINT)
    tool.ask(second, BOX)
    assert before.logits.shape == (3, 48, 80)
    assert np.array_equal(tool.ask(first, POINT).logits, before.logits)
    again = tool.ask(first, Question([(0.5, 0.25)], [True], previous=before.low[:1]))
    assert again.logits.shape == (1, 48, 80)
