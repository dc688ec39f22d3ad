"""coarsen: true masks made wrong, and never so wrong that they show something else."""

from __future__ import annotations

import numpy as np
import pytest

from automask.image.metrics import mask_iou
from automask.refiner_training.coarsen import as_given, coarsened


def disc(radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:160, :160] - 80.0
    return (rows**2 + columns**2 < radius**2).astype(np.float32)


def ious(count: int = 60) -> list[float]:
    truth = disc(50)
    given = [coarsened(truth, np.random.default_rng(seed)) for seed in range(count)]
    return [mask_iou(mask > 0.5, truth > 0.5) for mask in given]


def test_masks_are_as_wrong_as_models_masks_are() -> None:
    found = ious()
    assert min(found) > 0.4
    assert 0.80 < float(np.mean(found)) < 0.97
    assert max(found) > 0.98  # some stay good: the refiner must learn to leave them alone


def test_the_same_seed_gives_the_same_mask() -> None:
    first, second = (coarsened(disc(50), np.random.default_rng(7)) for _ in range(2))
    assert (first == second).all()


def test_some_are_hard_and_some_are_soft() -> None:
    given = [coarsened(disc(50), np.random.default_rng(seed)) for seed in range(20)]
    assert {mask.dtype for mask in given} == {np.dtype(np.float32)}
    hard = [bool(np.isin(mask, (0, 1)).all()) for mask in given]
    assert 3 < sum(hard) < 17
    assert all(mask.min() >= 0 and mask.max() <= 1 for mask in given)


@pytest.mark.parametrize("nothing", [0.0, 1.0])
def test_a_view_without_an_outline_is_no_fault(nothing: float) -> None:
    for seed in range(10):
        coarsened(np.full((40, 40), nothing, np.float32), np.random.default_rng(seed))


def test_a_model_s_own_mask_is_handed_on_soft_or_cut() -> None:
    soft = np.array([[0.2, 0.6]], np.float32)
    given = {tuple(as_given(soft, np.random.default_rng(s))[0].round(1)) for s in range(20)}
    assert given == {(0.2, 0.6), (0.0, 1.0)} or len(given) == 2
