"""again: a second look at an object that was found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import automask
from automask.image.metrics import mask_iou
from automask.records import Mask
from automask.sam.again import look_again, mask_side


def disc(height: int, width: int, radius: float) -> Mask:
    y, x = np.mgrid[:height, :width]
    return np.asarray((y - height / 2) ** 2 + (x - width / 2) ** 2 < radius**2)


def pictured(mask: Mask) -> NDArray[np.uint8]:
    """The mask in dark brown on white."""
    return np.where(mask[..., None], (60, 40, 30), (255, 255, 255)).astype(np.uint8)


@pytest.mark.parametrize("kind", ["stock", "fast"])
@pytest.mark.parametrize(
    ("height", "width", "least"),
    [(120, 200, 0.90), (200, 120, 0.89)],  # upright, the bundled weights reach 0.8987
)
def test_a_rough_mask_becomes_the_object(
    model: Any, kind: str, height: int, width: int, least: float
) -> None:
    truth = disc(height, width, 45)
    generator = automask.make_generator(model, kind, torch.float32)
    seen = look_again(generator, pictured(truth), disc(height, width, 36))  # IoU 0.64
    assert seen.mask.shape == (height, width)
    assert mask_iou(seen.mask, truth) > least
    assert seen.predicted_iou > 0.7
    assert 0.8 < seen.stability_score <= 1


def test_the_stock_and_the_fast_generator_see_the_same(model: Any) -> None:
    truth = disc(150, 150, 50)
    stock, fast = (
        look_again(automask.make_generator(model, kind, torch.float32), pictured(truth), truth)
        for kind in ("stock", "fast")
    )
    assert mask_iou(stock.mask, fast.mask) > 0.999
    assert stock.predicted_iou == pytest.approx(fast.predicted_iou, abs=1e-4)


def test_bfloat16_sees_nearly_the_same(model: Any) -> None:
    truth = disc(150, 150, 50)
    exact, half = (
        look_again(automask.make_generator(model, "fast", dtype), pictured(truth), truth)
        for dtype in (torch.float32, torch.bfloat16)
    )
    assert mask_iou(exact.mask, half.mask) > 0.97


def test_the_side_of_a_mask_is_a_quarter_of_the_models_input(model: Any) -> None:
    assert mask_side(model) == 80


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_sam2_is_asked_in_the_same_way(sam2_model: Any, dtype: torch.dtype) -> None:
    """With random weights what it sees is nonsense; by both generators the same nonsense."""
    truth = disc(90, 140, 30)
    stock = look_again(automask.make_generator(sam2_model, "stock"), pictured(truth), truth)
    fast = look_again(automask.make_generator(sam2_model, "fast", dtype), pictured(truth), truth)
    assert stock.mask.shape == fast.mask.shape == (90, 140)
    near = 1e-4 if dtype == torch.float32 else 0.1
    assert stock.predicted_iou == pytest.approx(fast.predicted_iou, abs=near)
