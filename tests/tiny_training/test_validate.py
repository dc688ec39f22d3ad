"""Figures on the validation split: a model that answers by rule, its figures by hand.

The frame is 64 x 64. The object is 16 high and 32 wide, an eighth of it; at a quarter of the
resolution, where overlap is measured, 4 x 8 of 16 x 16. Of the grid's 64 points, 8 lie on it.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from miniature import rectangle

from automask.tiny_training import validate as validate_module
from automask.tiny_training.data import Pair
from automask.tiny_training.validate import validate

OBJECT = torch.zeros(16, 16)
OBJECT[4:8, 8:16] = 1
HALF = torch.zeros(16, 16)
HALF[4:8, 8:12] = 1  # IoU with the object 1/2
QUARTER = torch.zeros(16, 16)
QUARTER[4:6, 8:12] = 1  # IoU 1/4
EVERYTHING = torch.ones(16, 16)  # IoU 1/8
NOTHING = torch.zeros(16, 16)

# Outputs 0 to 3 for a prompt: masks, and the scores predicted for them.
Answer = tuple[list[torch.Tensor], list[float]]
HONEST: Answer = ([NOTHING, OBJECT, HALF, QUARTER], [0.0, 0.9, 0.5, 0.3])


def pair_of(height: int = 64) -> Pair:
    mask = rectangle(16, 32, 32, 64)[:height]
    return Pair("a", np.zeros((height, 64, 3), np.uint8), mask)


class RuleModel:
    """In place of the model: one answer for a point on the object, another for one beside it."""

    def __init__(self, on: Answer = HONEST, beside: Answer = HONEST) -> None:
        self.on, self.beside = on, beside
        self.points: list[tuple[float, float]] = []  # x, y of all that were asked
        self.boxes: list[list[float]] = []  # xyxy
        self.saliency = OBJECT
        self.device = torch.device("cpu")
        self.pixel_mean, self.pixel_std = torch.zeros(3, 1, 1), torch.ones(3, 1, 1)
        self.image_encoder = SimpleNamespace(img_size=64, features=self.features)

    def features(self, _image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.zeros(1), self.saliency[None, None] - 0.5

    def prompt_encoder(self, points: Any, boxes: Any, _masks: None) -> tuple[Any, Any]:
        return points, boxes

    def decode(self, _embedding: Any, points: Any, boxes: Any) -> tuple[Any, Any]:
        if points is None:
            self.boxes += boxes.tolist()
            return boxed(boxes), torch.zeros(1, 4)
        asked = [(x, y) for x, y in points[0][:, 0].tolist()]
        self.points += asked
        answers = [self.on if 32 <= x < 64 and 16 <= y < 32 else self.beside for x, y in asked]
        masks = torch.stack([torch.stack(answer[0]) for answer in answers])
        return masks - 0.5, torch.tensor([answer[1] for answer in answers])


def boxed(boxes: torch.Tensor) -> torch.Tensor:
    """The box itself as output 0, nothing in the others."""
    left, top, right, bottom = (boxes[0] / 4).int().tolist()
    logits = torch.full((1, 4, 16, 16), -1.0)
    logits[0, 0, top:bottom, left:right] = 1
    return logits


@pytest.fixture(autouse=True)
def decoded_by_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        validate_module, "decode", lambda sam, embedding, *prompts: sam.decode(embedding, *prompts)
    )


def figures_of(model: Any, *pairs: Pair) -> dict[str, float]:
    return validate(model, list(pairs) or [pair_of()])


def test_saliency_is_the_maps_own_iou() -> None:
    model = RuleModel()
    model.saliency = HALF
    assert figures_of(model)["saliency"] == pytest.approx(1 / 2)


def test_oracle_is_the_best_of_the_grid_and_output_0_does_not_count() -> None:
    on: Answer = ([OBJECT, HALF, QUARTER, NOTHING], [1.0, 0.1, 0.1, 0.1])
    assert figures_of(RuleModel(on=on, beside=on))["oracle"] == pytest.approx(1 / 2)


def test_argmax_takes_the_highest_score_wherever_its_point_lies() -> None:
    backdrop: Answer = ([NOTHING, EVERYTHING, NOTHING, NOTHING], [0.0, 0.95, 0.0, 0.0])
    figures = figures_of(RuleModel(on=HONEST, beside=backdrop))
    assert figures["oracle"] == pytest.approx(1)
    assert figures["argmax"] == pytest.approx(1 / 8)


def test_the_box_encloses_the_object_and_is_answered_by_output_0() -> None:
    model = RuleModel()
    assert figures_of(model)["box"] == pytest.approx(1)
    assert model.boxes == [[32, 16, 64, 32]]  # xyxy


def test_a_pair_without_an_object_has_a_box_figure_of_zero() -> None:
    empty = Pair("empty", np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), np.uint8))
    assert figures_of(RuleModel(), empty, pair_of())["box"] == pytest.approx(1 / 2)  # of two


def test_scores_that_rise_with_the_iou_correlate_fully() -> None:
    on: Answer = ([NOTHING, OBJECT, HALF, QUARTER], [0.0, 0.8, 0.4, 0.2])
    assert figures_of(RuleModel(on=on))["score_correlation"] == pytest.approx(1, abs=1e-4)


def test_score_correlation_counts_points_on_the_object_only() -> None:
    # Beside the object scores fall with the IoU; 56 of the 64 points lie there.
    on: Answer = ([NOTHING, OBJECT, HALF, QUARTER], [0.0, 0.8, 0.4, 0.2])
    beside: Answer = ([NOTHING, OBJECT, HALF, QUARTER], [0.0, 0.2, 0.4, 0.8])
    figures = figures_of(RuleModel(on=on, beside=beside))
    assert figures["score_correlation"] == pytest.approx(1, abs=1e-4)
    figures = figures_of(RuleModel(on=beside, beside=on))
    assert figures["score_correlation"] < -0.9


def test_the_grid_lies_on_the_content_not_on_the_padding() -> None:
    model = RuleModel()
    figures_of(model, pair_of(height=32))
    assert len(model.points) == 64
    assert sorted({x for x, _ in model.points}) == [4, 12, 20, 28, 36, 44, 52, 60]
    assert sorted({y for _, y in model.points}) == [2, 6, 10, 14, 18, 22, 26, 30]
