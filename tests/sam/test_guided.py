"""guided: what is asked of a saliency map, and whether a box is asked for as the package asks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from segment_anything import SamPredictor

import automask
from automask.sam.guided import guided, prompts_of
from automask.sam.points import Points

Map = NDArray[np.float32]


def map_with(*regions: tuple[int, int, int, int], of: float = 0.9) -> Map:
    """A map of 40 x 80 that is `of` in rectangles (left, top, right, bottom), else 0."""
    saliency = np.zeros((40, 80), np.float32)
    for left, top, right, bottom in regions:
        saliency[top:bottom, left:right] = of
    return saliency


def test_one_region_gives_its_box_its_deepest_point_and_others_deep_in_it() -> None:
    asked = prompts_of(map_with((20, 10, 41, 31)))
    assert asked is not None
    assert asked.boxes.tolist() == [[20 / 80, 10 / 40, 41 / 80, 31 / 40]]
    assert asked.points[0].tolist() == [30.5 / 80, 20.5 / 40]  # the middle of 21 x 21
    columns, rows = (asked.points * (80, 40)).T
    assert len(asked.points) == 5
    assert ((columns > 24) & (columns < 37) & (rows > 14) & (rows < 27)).all()  # deep inside


def test_each_separate_part_has_a_box_and_a_point_of_its_own() -> None:
    asked = prompts_of(map_with((0, 0, 21, 21), (50, 10, 61, 21)))
    assert asked is not None
    assert (asked.boxes * (80, 40, 80, 40)).tolist() == [
        [0, 0, 61, 21],
        [0, 0, 21, 21],
        [50, 10, 61, 21],
    ]
    assert (asked.points[:2] * (80, 40)).tolist() == [[10.5, 10.5], [55.5, 15.5]]


def test_a_speck_beside_the_region_is_not_a_part() -> None:
    asked = prompts_of(map_with((0, 0, 20, 20), (50, 10, 54, 14)))  # 16 of 416 px: 4 %
    assert asked is not None
    assert len(asked.boxes) == 1


def test_a_map_that_is_nowhere_sure_is_taken_from_half_its_height() -> None:
    faint = map_with((20, 10, 41, 31), of=0.3)
    assert prompts_of(faint) is not None
    assert prompts_of(np.maximum(faint, 0.14)).boxes.tolist() == prompts_of(faint).boxes.tolist()  # type: ignore[union-attr]


class CountingLook:
    def __init__(self) -> None:
        self.calls: list[tuple[int, int]] = []

    def ask(self, points: Points, boxes: Any = None) -> None:
        self.calls.append((len(points), len(boxes)))

    def proposals(self) -> list[Any]:
        return []


def test_all_of_it_is_one_call_and_a_map_that_shows_nothing_is_none() -> None:
    look = CountingLook()
    guided(look, map_with((20, 10, 41, 31)))
    guided(look, map_with((20, 10, 41, 31), of=0.05))
    assert look.calls == [(5, 1)]


def test_a_box_is_answered_as_the_package_s_predictor_answers_it(
    model: Any, photograph: NDArray[np.uint8]
) -> None:
    boxes = np.array([[20.0, 20.0, 90.0, 90.0], [0.0, 0.0, 60.0, 80.0]])
    no_filter = {"pred_iou_thresh": 0, "stability_score_thresh": 0}
    generator = automask.make_generator(model, "fast", torch.float32, **no_filter)
    predictor = SamPredictor(model)
    predictor.set_image(photograph)
    with torch.inference_mode():
        side = generator.look_at(photograph)
        found = generator.candidates(side, np.array([[50.0, 50.0]]), boxes)
    for i, box in enumerate(boxes):
        _, scores, logits = predictor.predict(box=box, multimask_output=True)
        own = slice(3 * (i + 1), 3 * (i + 2))  # after the point's three masks
        height, width = found["logits"].shape[1:]
        assert found["iou_preds"][own].numpy() == pytest.approx(scores, abs=1e-3)
        assert np.abs(found["logits"][own] - logits[:, :height, :width]).max() < 0.02


def test_sam_2_puts_boxes_and_points_into_one_call(
    sam2_model: Any, photograph: NDArray[np.uint8]
) -> None:
    generator = automask.make_generator(sam2_model, "fast", torch.float32)
    boxes = np.array([[10.0, 20.0, 60.0, 90.0], [0.0, 0.0, 30.0, 40.0]])
    with torch.inference_mode():
        generator.look_at(photograph)
        boxed, pointed = generator._sparse_boxes(boxes), generator._sparse(boxes[:, :2])
    assert boxed.shape == pointed.shape
    assert not torch.allclose(boxed[0], boxed[1])
