"""losses: lower for the better mask, and lowest for the true one."""

from __future__ import annotations

import torch

from automask.refiner_training.losses import refiner_loss


def step(column: float) -> torch.Tensor:
    """1 x 1 x 16 x 32, the object right of a column."""
    return (torch.arange(32.0) >= column).float().expand(1, 1, 16, 32).contiguous()


def total(column: float) -> float:
    logits = 16 * step(column) - 8
    return float(sum(refiner_loss(logits, step(16), step(12)).values()))


def test_the_nearer_the_outline_the_lower_the_loss() -> None:
    losses = [total(column) for column in (10, 13, 15, 16)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.05


def test_a_blurred_outline_costs_its_slope() -> None:
    soft = (torch.arange(32.0) - 15.5).expand(1, 1, 16, 32)
    blurred = refiner_loss(soft, step(16), step(16))["gradient"]
    sharp = refiner_loss(16 * step(16) - 8, step(16), step(16))["gradient"]
    assert blurred > 2 * sharp


def test_far_from_the_outline_and_from_what_was_wrong_an_error_counts_little() -> None:
    wrong_far, wrong_near = 16 * step(16) - 8, 16 * step(16) - 8
    wrong_far[..., 31] *= -1
    wrong_near[..., 17] *= -1
    far, near = (refiner_loss(x, step(16), step(16))["entropy"] for x in (wrong_far, wrong_near))
    assert near > 5 * far
