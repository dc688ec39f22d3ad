"""eval-filters: the best proposal before each filter and after it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from fake_model import FakeModel
from numpy.typing import NDArray
from rich.console import Console

from automask.evaluate.filters import FilterResult, evaluate, filter_chains, print_table
from automask.labelled.folder import Labelled
from automask.records import Proposal, ProposalSet, Scene
from automask.sam.build import load_model
from automask.sam.unfiltered import Thresholds, by_boxes, by_masks, survivors, unfiltered_stock

torch = pytest.importorskip("torch")
QUIET = Console(quiet=True)


def proposal(rows: slice, columns: slice, predicted_iou: float, stability: float) -> Proposal:
    mask = np.zeros((12, 12), np.bool_)
    mask[rows, columns] = True
    return Proposal(mask, predicted_iou, stability)


EVERYTHING, INSIDE = slice(0, 12), slice(1, 11)
FRAME = proposal(EVERYTHING, EVERYTHING, 0.9, 0.9)
FRAME.mask[INSIDE, INSIDE] = False  # its box is the whole photograph
OBJECT = proposal(INSIDE, INSIDE, 0.8, 0.9)
UNSURE = proposal(slice(2, 5), slice(2, 5), 0.3, 0.9)
SHAKY = proposal(slice(6, 9), slice(6, 9), 0.7, 0.2)
PROPOSALS = [FRAME, OBJECT, UNSURE, SHAKY]


def kept(thresholds: Thresholds, nms: object) -> list[list[int]]:
    return [left.tolist() for left in survivors(PROPOSALS, thresholds, nms)]  # type: ignore[arg-type]


def test_the_filters_are_applied_one_after_the_other() -> None:
    thresholds = Thresholds(predicted_iou=0.5, stability=0.5, nms=0.6)
    assert kept(thresholds, by_masks(0.6)) == [[0, 1, 2, 3], [0, 1, 3], [0, 1], [0, 1]]


def test_boxes_let_the_frame_delete_the_object() -> None:
    # The boxes have an IoU of 81 / 121: the last pixel counts as the box's end.
    assert kept(Thresholds(0.5, 0.5, 0.6), by_boxes(0.6))[-1] == [0]
    assert kept(Thresholds(0.5, 0.5, 0.7), by_boxes(0.7))[-1] == [0, 1]


def test_a_mask_must_have_more_than_the_confidence_and_at_least_the_stability() -> None:
    assert kept(Thresholds(0.8, 0.9, 1.0), by_masks(1.0))[1:3] == [[0], [0]]
    assert kept(Thresholds(0.79, 0.91, 1.0), by_masks(1.0))[1:3] == [[0, 1], []]


def test_a_threshold_of_nothing_lets_every_mask_pass() -> None:
    bad = [proposal(INSIDE, INSIDE, -0.1, 0.0)]
    left = survivors(bad, Thresholds(0.0, 0.0, 1.0), by_boxes(1.0))
    assert [len(indices) for indices in left] == [1, 1, 1, 1]


def test_nothing_asked_is_nothing_left() -> None:
    left = survivors([], Thresholds(0.5, 0.5, 0.7), by_boxes(0.7))
    assert [len(indices) for indices in left] == [0, 0, 0, 0]


# With the bundled model, on a photograph of four points.


@pytest.fixture(scope="module")
def model() -> object:
    model = load_model("tiny")
    model.generator_defaults = {**model.generator_defaults, "points_per_side": 2}
    return model


class FakeProposer(FakeModel):
    mask_side = 80

    def propose(self, image_rgb: NDArray[np.uint8]) -> ProposalSet:
        mask = np.zeros(image_rgb.shape[:2], np.bool_)
        mask[:, : mask.shape[1] // 2] = True
        return ProposalSet([Proposal(mask, 0.9, 0.9)], Scene(), {})

    def look_again(self, _image_rgb: NDArray[np.uint8], _mask: NDArray[np.bool_]) -> ProposalSet:
        raise AssertionError("nobody asked for a second look")


@pytest.fixture
def photograph() -> Labelled:
    image = np.full((60, 80, 3), 200, np.uint8)
    image[20:45, 25:60] = (180, 30, 30)
    return Labelled("a_1.png", image, image[..., 1] == 30)


def test_open_filters_let_every_mask_of_every_point_through(
    model: object, photograph: Labelled
) -> None:
    assert len(unfiltered_stock(model)(photograph.image)) == 3 * 2 * 2


def test_each_way_and_filter_has_a_row(model: object, photograph: Labelled) -> None:
    rows = evaluate([photograph], model, FakeProposer(), torch.float32, QUIET)
    chains = list(dict.fromkeys(row.chain for row in rows))
    assert chains == [*(chain.name for chain in filter_chains(model)), "automask, as a run asks"]
    prompted = [row for row in rows if row.stage == "asked"]
    assert [row.proposals for row in prompted] == [12, 12, 12]
    # Stock and ours ask the same, and what a filter leaves is never better.
    assert prompted[0].best == pytest.approx(prompted[2].best, abs=0.03)
    for chain in chains[:3]:
        best = [row.best for row in rows if row.chain == chain]
        assert best == sorted(best, reverse=True)


def test_the_few_points_of_a_run_are_measured_by_what_it_chooses_among(
    model: object, photograph: Labelled
) -> None:
    few = evaluate([photograph], model, FakeProposer(), torch.float32, QUIET)[-1]
    # Half of the frame has 60 x 40 px, 25 x 15 of them of the object's 25 x 35.
    assert (few.proposals, few.best) == (1, pytest.approx(375 / (2400 + 875 - 375)))


def test_the_table_has_the_means_of_each_filter() -> None:
    console = Console(file=io.StringIO(), width=120)
    rows = [FilterResult("stock", "asked", 12, 0.9), FilterResult("stock", "asked", 8, 0.5)]
    print_table(console, [*rows, FilterResult("stock", "confident", 0, 0.0)])
    lines = [line.split() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert lines[1:] == [
        ["stock", "asked", "10", "0.700"],
        ["stock", "confident", "0", "0.000"],
    ]
