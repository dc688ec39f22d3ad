"""look: a photograph asked point by point gives what the generator gives at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import automask
from automask.image.metrics import mask_iou
from automask.sam.distinct import SAME_IOU
from automask.sam.generator import generate
from automask.sam.look import FastLook

# Few points, but all that they find is kept.
SETTINGS = {"points_per_side": 6, "pred_iou_thresh": 0.0, "stability_score_thresh": 0.0}
NO_NMS = {"box_nms_thresh": 1.0}  # the generator compares boxes, the look masks


@pytest.fixture(scope="module")
def generator() -> Any:
    model = automask.load_model("tiny")
    return automask.make_generator(model, "fast", torch.float32, **SETTINGS, **NO_NMS)


@torch.inference_mode()
def test_asked_in_parts_it_finds_what_generate_finds(
    generator: Any, photograph: NDArray[np.uint8]
) -> None:
    look = FastLook(generator, photograph, same_iou=1.0)  # none is left out, here as there
    grid = generator.point_grids[0]
    middle = np.arange(len(grid)) % 2 == 0
    look.ask(grid[middle])
    assert len(look.proposals()) > 0
    look.ask(grid[~middle])
    records = sorted(generate(generator, photograph), key=lambda r: -r["predicted_iou"])
    found = sorted(look.proposals(), key=lambda p: -p.predicted_iou)
    assert len(found) == len(records) > 2
    for proposal, record in zip(found, records, strict=True):
        assert proposal.predicted_iou == pytest.approx(record["predicted_iou"], abs=1e-5)
        assert proposal.stability_score == pytest.approx(record["stability_score"], abs=1e-5)
        assert proposal.cut is not None
        assert mask_iou(proposal.cut((118, 161)), record["segmentation"]) > 0.999
        assert proposal.point is not None
        assert np.multiply(proposal.point, (161, 118)) == pytest.approx(record["point_coords"][0])


@torch.inference_mode()
def test_masks_are_small_and_of_the_photographs_proportions(
    generator: Any, photograph: NDArray[np.uint8]
) -> None:
    look = FastLook(generator, photograph, SAME_IOU)
    look.ask(generator.point_grids[0])
    shapes = {p.mask.shape for p in look.proposals()}
    assert shapes == {(59, 80)}  # a quarter of 320 x 235
    best = max(look.proposals(), key=lambda p: p.predicted_iou)
    assert best.cut is not None
    assert best.cut((118, 161)).mean() == pytest.approx(best.mask.mean(), abs=0.01)


@torch.inference_mode()
def test_masks_of_a_photograph_smaller_than_the_logits_are_of_its_size(generator: Any) -> None:
    """A mask in the middle of one pixel would be all of the photograph, and no object."""
    look = FastLook(generator, np.full((1, 1, 3), 128, np.uint8), SAME_IOU)
    look.ask(generator.point_grids[0])
    assert {p.mask.shape for p in look.proposals()} == {(1, 1)}


@torch.inference_mode()
def test_a_mask_is_cut_from_its_own_photograph_whatever_was_looked_at_since(
    generator: Any, photograph: NDArray[np.uint8]
) -> None:
    look = FastLook(generator, photograph, SAME_IOU)
    look.ask(generator.point_grids[0])
    cut = max(look.proposals(), key=lambda p: p.predicted_iou).cut
    assert cut is not None
    before = cut((236, 322))
    FastLook(generator, np.full((300, 90, 3), 128, np.uint8), SAME_IOU)  # another shape
    assert np.array_equal(cut((236, 322)), before)


@torch.inference_mode()
def test_before_anything_is_asked_nothing_is_found(
    generator: Any, photograph: NDArray[np.uint8]
) -> None:
    assert FastLook(generator, photograph, SAME_IOU).proposals() == []


@torch.inference_mode()
def test_of_masks_that_are_nearly_the_same_one_is_kept(
    generator: Any, photograph: NDArray[np.uint8]
) -> None:
    every, distinct = (FastLook(generator, photograph, same_iou) for same_iou in (1.0, 0.5))
    for look in (every, distinct):
        look.ask(generator.point_grids[0])
    kept = distinct.proposals()
    assert 1 <= len(kept) < len(every.proposals())
    assert all(mask_iou(a.mask, b.mask) < 0.6 for i, a in enumerate(kept) for b in kept[:i])
