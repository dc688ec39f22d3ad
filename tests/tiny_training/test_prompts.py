"""Prompts: a point on the object, a point beside it, a box, and the mask that each asks for."""

from __future__ import annotations

import numpy as np
import pytest
from miniature import disc_pair, rectangle

from automask.tiny_training import prompts as prompts_module
from automask.tiny_training.augment import View, letterbox
from automask.tiny_training.prompts import Prompts, sample_prompts

# Two objects in a frame of 32 x 32 whose content is 24 high.
LEFT = rectangle(4, 2, 12, 10, side=32)
RIGHT = rectangle(8, 16, 20, 28, side=32)
WHOLE = np.maximum(LEFT, RIGHT)
NAMED = {"left": LEFT, "right": RIGHT, "whole": WHOLE}
BOXES = {"left": [2, 4, 10, 12], "right": [16, 8, 28, 20], "whole": [2, 4, 28, 20]}  # xyxy
SEEDS = range(60)


def view_of(mask: np.ndarray, *parts: np.ndarray) -> View:
    return View(np.zeros((32, 32, 3), np.uint8), mask, (24, 32), parts)


def sampled(view: View, seed: int) -> Prompts:
    return sample_prompts([view], np.random.default_rng(seed))


def name_of(target: np.ndarray) -> str:
    (name,) = (name for name, mask in NAMED.items() if np.array_equal(mask, target))
    return name


def point_of(prompts: Prompts, number: int) -> tuple[int, int]:
    """Row and column of a point of the first image."""
    x, y = prompts.points[0, number]
    return int(y), int(x)


@pytest.fixture
def no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompts_module, "BOX_JITTER", 0.0)


def test_each_image_gets_two_points_a_box_and_a_mask_for_each_of_the_three() -> None:
    views = [view_of(LEFT), view_of(WHOLE, LEFT, RIGHT)]
    prompts = sample_prompts(views, np.random.default_rng(0))
    assert prompts.points.shape == (2, 2, 2)
    assert prompts.boxes.shape == (2, 4)
    assert prompts.points.dtype == prompts.boxes.dtype == np.float32
    assert [len(targets) for targets in prompts.targets] == [3, 3]


def test_points_lie_where_they_say(rng: np.random.Generator) -> None:
    views = [letterbox(disc_pair(i), 96) for i in range(8)]
    prompts = sample_prompts(views, rng)
    for view, points, on_object in zip(views, prompts.points, prompts.on_object, strict=True):
        inside = [view.mask[int(y), int(x)] > 127 for x, y in points]
        assert inside == list(on_object) == [True, False]


def test_no_point_lies_in_the_padding() -> None:
    rows = [point_of(sampled(view_of(LEFT), seed), 1)[0] for seed in SEEDS]
    assert max(rows) < 24


def test_a_view_without_background_gets_points_on_the_object_only() -> None:
    full = rectangle(0, 0, 24, 32, side=32)
    assert sampled(view_of(full), 0).on_object.tolist() == [[True, True]]


def test_a_view_without_an_object_has_no_point_on_one_and_a_box_of_the_content() -> None:
    prompts = sampled(view_of(np.zeros((32, 32), np.uint8)), 0)
    assert prompts.on_object.tolist() == [[False, False]]
    assert prompts.boxes.tolist() == [[0, 0, 32, 24]]


# What a prompt asks for.


def test_a_single_object_is_asked_for_as_the_whole() -> None:
    targets = [t for seed in SEEDS for t in sampled(view_of(LEFT), seed).targets[0]]
    assert {name_of(target) for target in targets} == {"left"}


def test_a_point_on_one_of_two_objects_asks_for_it_or_for_the_whole() -> None:
    asked = set()
    for seed in SEEDS:
        prompts = sampled(view_of(WHOLE, LEFT, RIGHT), seed)
        at = point_of(prompts, 0)
        hit = "left" if LEFT[at] else "right"
        asked.add((hit, name_of(prompts.targets[0][0])))
    assert asked == {("left", "left"), ("left", "whole"), ("right", "right"), ("right", "whole")}


def test_what_a_point_on_the_object_asks_for_contains_it() -> None:
    for seed in SEEDS:
        prompts = sampled(view_of(WHOLE, LEFT, RIGHT), seed)
        assert prompts.targets[0][0][point_of(prompts, 0)] > 127


def test_a_point_on_no_part_asks_for_the_whole() -> None:
    view = view_of(WHOLE, LEFT)
    drawn = [sampled(view, seed) for seed in SEEDS]
    on_right = [p for p in drawn if RIGHT[point_of(p, 0)]]
    assert len(on_right) > 10
    assert {name_of(p.targets[0][0]) for p in on_right} == {"whole"}


def test_a_point_beside_has_no_part_to_ask_for() -> None:
    drawn = [sampled(view_of(WHOLE, LEFT, RIGHT), seed) for seed in SEEDS]
    assert not any(p.on_object[0, 1] for p in drawn)
    assert {name_of(p.targets[0][1]) for p in drawn} == {"whole"}


# Boxes: the last prompt of an image.


@pytest.mark.usefixtures("no_jitter")
def test_a_box_encloses_exactly_what_it_asks_for() -> None:
    asked = set()
    for seed in SEEDS:
        prompts = sampled(view_of(WHOLE, LEFT, RIGHT), seed)
        name = name_of(prompts.targets[0][-1])
        assert prompts.boxes[0].tolist() == BOXES[name]
        asked.add(name)
    assert asked == {"left", "right", "whole"}


def test_three_in_ten_boxes_have_no_jitter() -> None:
    boxes = [sampled(view_of(RIGHT), seed).boxes[0].tolist() for seed in range(200)]
    exact = np.mean([box == BOXES["right"] for box in boxes])
    assert 0.2 < exact < 0.4


def test_a_jittered_box_strays_by_a_part_of_its_side() -> None:
    boxes = np.stack([sampled(view_of(RIGHT), seed).boxes[0] for seed in SEEDS])
    strays = np.abs(boxes - BOXES["right"])
    assert 0.2 < strays.mean() < 1.2  # 0.08 of 12 px is 0.96 px, 0.8 of that on average, in 0.7


def test_no_box_reaches_into_the_padding() -> None:
    full = rectangle(0, 0, 24, 32, side=32)
    boxes = np.stack([sampled(view_of(full), seed).boxes[0] for seed in SEEDS])
    assert boxes.min() >= 0
    assert boxes[:, [0, 2]].max() <= 32
    assert boxes[:, [1, 3]].max() <= 24
