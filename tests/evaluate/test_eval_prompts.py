"""Answers to boxes and points: a fake prompter gives masks of known IoU."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from itertools import cycle

import numpy as np
import pytest
from rich.console import Console

from automask.evaluate.prompts import (
    POINTS,
    PromptRow,
    evaluate_prompts,
    print_prompt_table,
    score_correlation,
)
from automask.image.metrics import boundary_f
from automask.labelled.folder import Labelled

QUIET = Console(quiet=True)


def drawn(*rows: str) -> np.ndarray:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


# Off the middle of a frame that is not square, and its own middle is empty.
RING = drawn(
    "..........",
    ".....####.",
    ".....#..#.",
    ".....####.",
    "..........",
)
HALF = drawn(  # 5 of the ring's 10 pixels: IoU 0.5
    "..........",
    ".....###..",
    ".....#....",
    ".....#....",
    "..........",
)
GROUND = ~RING  # IoU with RING 0
EMPTY = np.zeros_like(RING)

Answer = tuple[np.ndarray, np.ndarray]


def answer(*scored: tuple[np.ndarray, float]) -> Answer:
    """Three masks and their predicted IoU, as a prompter gives them."""
    masks, scores = zip(*scored, strict=True)
    return np.stack(masks), np.array(scores, np.float32)


ALL_RIGHT = answer((RING, 0.9), (RING, 0.8), (RING, 0.7))


class FakePrompter:
    """Answers every box with one mask, and points with the given answers in turn."""

    def __init__(self, boxed: np.ndarray = RING, answers: Sequence[Answer] = (ALL_RIGHT,)) -> None:
        self.boxed, self.answers = boxed, cycle(answers)
        self.images: list[np.ndarray] = []
        self.boxes: list[list[float]] = []
        self.points: list[tuple[float, float]] = []

    def look_at(self, image: np.ndarray) -> None:
        self.images.append(image)

    def by_box(self, box_xyxy: np.ndarray) -> np.ndarray:
        self.boxes.append(box_xyxy.tolist())
        return self.boxed

    def by_point(self, x: float, y: float) -> Answer:
        self.points.append((x, y))
        return next(self.answers)


def labelled(truth: np.ndarray = RING, name: str = "set_1.png") -> Labelled:
    return Labelled(name, np.zeros((*truth.shape, 3), np.uint8), truth)


def row_with(prompter: FakePrompter) -> PromptRow:
    (row,) = evaluate_prompts(prompter, [labelled()], QUIET)
    return row


# The prompts


def test_the_box_is_drawn_exactly_around_the_truth() -> None:
    prompter = FakePrompter()
    row_with(prompter)
    # xyxy: columns 5 to 8, rows 1 to 3; the far sides are those of the last pixels.
    assert prompter.boxes == [[5, 1, 9, 4]]


def test_the_points_lie_on_the_truth() -> None:
    prompter = FakePrompter()
    row_with(prompter)
    assert len(prompter.points) == POINTS
    assert all(RING[int(y), int(x)] for x, y in prompter.points)


def test_the_points_are_not_all_one() -> None:
    prompter = FakePrompter()
    row_with(prompter)
    assert len(set(prompter.points)) > 1


def test_a_name_has_the_same_points_whatever_was_asked_before() -> None:
    alone, after_another = FakePrompter(), FakePrompter()
    evaluate_prompts(alone, [labelled(name="b.png")], QUIET)
    evaluate_prompts(after_another, [labelled(name="a.png"), labelled(name="b.png")], QUIET)
    assert after_another.points[POINTS:] == alone.points


def test_each_photograph_is_looked_at_once() -> None:
    prompter = FakePrompter()
    photographs = [labelled(name="a.png"), labelled(name="b.png")]
    evaluate_prompts(prompter, photographs, QUIET)
    assert [id(image) for image in prompter.images] == [id(p.image) for p in photographs]


# What they gave


def test_box_is_the_iou_of_the_mask_that_answers_it() -> None:
    row = row_with(FakePrompter(boxed=HALF))
    assert row.box == 0.5
    assert row.box_boundary == boundary_f(HALF, RING)


def test_a_box_answered_rightly_has_the_whole_outline() -> None:
    assert row_with(FakePrompter(boxed=RING)).box_boundary == 1


def test_point_takes_the_highest_predicted_iou_and_point_best_the_best() -> None:
    overrated = answer((GROUND, 0.1), (HALF, 0.9), (RING, 0.8))
    row = row_with(FakePrompter(answers=[overrated]))
    assert (row.point, row.point_best) == (0.5, 1.0)


def test_points_are_averaged() -> None:
    right = answer((RING, 0.9), (GROUND, 0.1), (GROUND, 0.1))
    wrong = answer((GROUND, 0.9), (GROUND, 0.1), (HALF, 0.1))
    row = row_with(FakePrompter(answers=[right, wrong, wrong, wrong, wrong]))
    assert row.point == pytest.approx((1 + 4 * 0) / 5)
    assert row.point_best == pytest.approx((1 + 4 * 0.5) / 5)


def test_predicted_and_true_iou_stand_side_by_side() -> None:
    row = row_with(FakePrompter(answers=[answer((GROUND, 0.1), (HALF, 0.9), (RING, 0.8))]))
    assert row.predicted.tolist() == pytest.approx([0.1, 0.9, 0.8] * POINTS)
    assert row.true.tolist() == [0, 0.5, 1] * POINTS


def test_a_row_names_its_photograph_and_its_data_set() -> None:
    (row,) = evaluate_prompts(FakePrompter(), [labelled(name="sub_folder/ecssd_7.jpg")], QUIET)
    assert (row.image, row.dataset) == ("sub_folder/ecssd_7.jpg", "ecssd")


def test_photographs_without_an_object_are_left_out() -> None:
    prompter = FakePrompter()
    photographs = [labelled(EMPTY, "a.png"), labelled(RING, "b.png")]
    rows = evaluate_prompts(prompter, photographs, QUIET)
    assert [row.image for row in rows] == ["b.png"]
    assert len(prompter.images) == 1


# The honesty of the score


def prompt_row(
    predicted: Sequence[float] = (0.1, 0.9),
    true: Sequence[float] = (0.2, 0.8),
    dataset: str = "a",
    box: float = 0.9,
) -> PromptRow:
    return PromptRow(
        image=f"{dataset}_1.jpg",
        dataset=dataset,
        box=box,
        box_boundary=0.6,
        point=0.5,
        point_best=0.7,
        predicted=np.array(predicted, np.float32),
        true=np.array(true, np.float32),
    )


def test_a_score_that_rises_evenly_with_the_truth_has_r_1() -> None:
    row = prompt_row(predicted=[0.2, 0.4, 0.6], true=[0.1, 0.5, 0.9])
    assert score_correlation([row]) == pytest.approx(1)


def test_a_score_that_falls_evenly_has_r_minus_1() -> None:
    row = prompt_row(predicted=[0.6, 0.4, 0.2], true=[0.1, 0.5, 0.9])
    assert score_correlation([row]) == pytest.approx(-1)


def test_r_by_hand() -> None:
    # Deviations -1, 0, 1 and -1, 1, 0: their product's sum is 1, the squares' sums are 2 and 2.
    row = prompt_row(predicted=[0, 1, 2], true=[0, 2, 1])
    assert score_correlation([row]) == pytest.approx(1 / 2)


def test_r_is_over_all_rows_together() -> None:
    # Neither row varies in itself.
    low = prompt_row(predicted=[0.25, 0.25], true=[0, 0])
    high = prompt_row(predicted=[0.75, 0.75], true=[1, 1])
    assert score_correlation([low, high]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("predicted", "true"),
    [((0.5, 0.5), (0.2, 0.8)), ((0.2, 0.8), (0.5, 0.5))],
    ids=["the score does not vary", "the truth does not vary"],
)
def test_r_is_not_a_number_where(predicted: tuple[float, ...], true: tuple[float, ...]) -> None:
    assert math.isnan(score_correlation([prompt_row(predicted, true)]))


# The table


def table_of(*rows: PromptRow) -> list[str]:
    console = Console(file=io.StringIO(), width=200)
    print_prompt_table(console, rows)
    return console.file.getvalue().splitlines()


def test_the_table_has_a_line_for_each_data_set_and_one_for_all() -> None:
    head, *lines = table_of(
        prompt_row(dataset="b", box=0.3, predicted=[0.2, 0.8], true=[0.8, 0.2]),
        prompt_row(dataset="a", box=0.8, predicted=[0.2, 0.8], true=[0.2, 0.8]),
        prompt_row(dataset="a", box=1.0, predicted=[0.2, 0.8], true=[0.2, 0.8]),
    )
    assert " ".join(head.split()) == (
        "data set images box box, boundary F point point, best of 3 score's r"
    )
    # Of all: 4 pairs agree and 2 contradict, each with the same deviation: (4 - 2) / 6.
    assert [line.split() for line in lines] == [
        ["a", "2", "0.900", "0.600", "0.500", "0.700", "1.000"],
        ["b", "1", "0.300", "0.600", "0.500", "0.700", "-1.000"],
        ["all", "3", "0.700", "0.600", "0.500", "0.700", "0.333"],
    ]


def test_a_single_data_set_needs_no_line_for_all() -> None:
    assert [line.split()[0] for line in table_of(prompt_row())] == ["data", "a"]
