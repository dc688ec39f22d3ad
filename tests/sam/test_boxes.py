"""boxes: what a grid of boxes finds, with a decoder whose answers are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

import automask
from automask.image.metrics import mask_iou
from automask.sam import boxes
from automask.sam.boxes import boxed, boxes_of, grid
from automask.sam.distinct import SAME_IOU
from automask.sam.look import FastLook


@pytest.fixture(scope="module")
def generator(model: Any) -> Any:
    return automask.make_generator(model, "fast", torch.float32)


def two_discs() -> NDArray[np.uint8]:
    """Two orange discs on gray, 160 x 240."""
    rows, columns = np.mgrid[0:160, 0:240]
    image = np.full((160, 240, 3), 170, np.uint8)
    for x in (60, 180):
        image[(rows - 80) ** 2 + (columns - x) ** 2 < 30**2] = (240, 120, 20)
    return image


def test_the_boxes_lie_all_over_the_frame_and_within() -> None:
    asked = grid((240, 320))
    assert (asked[:, :2] >= 0).all()
    assert (asked[:, 2] <= 320).all()
    assert (asked[:, 3] <= 240).all()
    assert (asked[:, 2:] > asked[:, :2]).all()
    widths = (asked[:, 2] - asked[:, 0]).astype(float).round(1)
    assert {25.6, 41.6, 67.2, 108.8, 176.0} <= set(widths.tolist())  # 0.08 to 0.55 of 320
    covered = np.zeros((240, 320), np.bool_)
    for left, top, right, bottom in asked[asked[:, 2] - asked[:, 0] < 26].astype(int):
        covered[top : bottom + 1, left : right + 1] = True
    assert covered.all()


def test_a_masks_box_is_where_it_begins_and_ends() -> None:
    mask = torch.zeros(1, 6, 8, dtype=torch.bool)
    mask[0, 2:4, 3:7] = True
    assert boxes_of(mask).tolist() == [[12.0, 8.0, 28.0, 16.0]]  # 4 px a cell


@torch.inference_mode()
def test_each_of_two_objects_is_found(generator: Any) -> None:
    found = boxed(FastLook(generator, two_discs(), SAME_IOU))
    rows, columns = np.mgrid[0:160, 0:240]
    for x in (60, 180):
        disc = (rows - 80) ** 2 + (columns - x) ** 2 < 30**2
        assert max(mask_iou(p.cut((160, 240)), disc) for p in found if p.cut) > 0.8
    quality = [p.predicted_iou * p.stability_score for p in found]
    assert quality == sorted(quality, reverse=True)
    assert min(quality) >= boxes.LEAST_QUALITY


@torch.inference_mode()
def test_what_answers_otherwise_when_asked_again_is_no_proposal(
    generator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time a square answers every box, the second time another one."""
    look = FastLook(generator, two_discs(), SAME_IOU)
    height, width = (-(-length // 4) for length in look.frame)
    answers = iter([(4, 14), (10, 20)])

    def moving(_look: FastLook, asked: Tensor) -> tuple[Tensor, Tensor]:
        first, last = next(answers)
        logits = torch.full((len(asked), height, width), -9.0)
        logits[:, first:last, first:last] = 9.0
        return logits, torch.full((len(asked),), 0.99)

    monkeypatch.setattr(boxes, "_answers", moving)
    assert boxed(look) == []


@torch.inference_mode()
def test_where_nothing_answers_there_is_no_proposal(
    generator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = FastLook(generator, two_discs(), SAME_IOU)

    def nothing(_look: FastLook, asked: Tensor) -> tuple[Tensor, Tensor]:
        return torch.full((len(asked), 60, 80), -9.0), torch.ones(len(asked))

    monkeypatch.setattr(boxes, "_answers", nothing)
    assert boxed(look) == []
