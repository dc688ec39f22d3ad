"""Made-up proposals: what is drawn from the truth, and that the choice stands up to it."""

from __future__ import annotations

import numpy as np

from automask.config import ChooseConfig
from automask.image.choose import choose
from automask.image.metrics import mask_iou
from automask.labelled.made_up import PARTS, proposals_from_truth


def truth() -> np.ndarray:
    rows, columns = np.mgrid[0:90, 0:120]
    return (rows - 45) ** 2 + (columns - 60) ** 2 < 25**2


def test_there_is_the_object_its_parts_the_background_and_its_pieces() -> None:
    proposals = proposals_from_truth(truth(), np.random.default_rng(0))
    assert len(proposals) == 2 + 2 * PARTS + 1
    overlaps = [mask_iou(p.mask, truth()) for p in proposals]
    assert max(overlaps) > 0.85  # the object, its outline wavering
    assert sum(o == 0 for o in overlaps) >= PARTS  # pieces of the background


def test_the_object_can_be_left_out_and_its_parts_stay() -> None:
    proposals = proposals_from_truth(truth(), np.random.default_rng(0), has_whole=False)
    assert len(proposals) == 1 + 2 * PARTS + 1
    inside = [p.mask for p in proposals if p.mask.any() and not (p.mask & ~truth()).any()]
    assert len(inside) == PARTS
    assert np.array_equal(np.any(inside, axis=0), truth())


def test_the_same_seed_gives_the_same_proposals() -> None:
    first, second = (proposals_from_truth(truth(), np.random.default_rng(7)) for _ in range(2))
    assert all(np.array_equal(a.mask, b.mask) for a, b in zip(first, second, strict=True))
    assert [p.predicted_iou for p in first] == [p.predicted_iou for p in second]


def test_argmax_takes_the_background_and_the_choice_the_object() -> None:
    chosen, argmax = [], []
    for seed in range(40):
        proposals = proposals_from_truth(truth(), np.random.default_rng(seed))
        index = choose(proposals, ChooseConfig()).index
        assert index is not None
        chosen.append(mask_iou(proposals[index].mask, truth()))
        best = max(proposals, key=lambda p: p.predicted_iou)
        argmax.append(mask_iou(best.mask, truth()))
    assert np.mean(chosen) > 0.7  # what is lost went to parts of the object
    assert np.mean(argmax) < 0.4
