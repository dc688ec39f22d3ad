"""Losses and overlaps worked out by hand."""

from __future__ import annotations

import pytest
import torch

from automask.tiny_training.losses import mask_iou, mask_loss, prompt_loss

ON, BESIDE = torch.tensor([True]), torch.tensor([False])


def square() -> torch.Tensor:
    """1 x 1 x 8 x 8, a quarter of it on."""
    target = torch.zeros(1, 1, 8, 8)
    target[..., 2:6, 2:6] = 1
    return target


def certain(target: torch.Tensor) -> torch.Tensor:
    """Logits that say the target beyond doubt."""
    return (target - 0.5) * 40


def test_mask_loss_is_small_for_the_truth_and_large_for_its_opposite() -> None:
    target = square()
    assert mask_loss(certain(target), target).item() == pytest.approx(0, abs=1e-3)
    # Cross-entropy 20, the logit; dice 1 - 1 / (48 + 16 + 1).
    assert mask_loss(-certain(target), target).item() == pytest.approx(20 + 64 / 65, abs=1e-3)


def test_mask_loss_of_a_model_that_does_not_know() -> None:
    # Cross-entropy log 2; all probabilities 1/2: dice 1 - (2 * 8 + 1) / (32 + 16 + 1).
    loss = mask_loss(torch.zeros(1, 1, 8, 8), square())
    assert loss.item() == pytest.approx(0.6931 + 32 / 49, abs=1e-3)


def test_mask_loss_gives_one_value_for_each_of_several_answers() -> None:
    assert mask_loss(torch.zeros(5, 4, 8, 8), torch.zeros(5, 1, 8, 8)).shape == (5, 4)


def test_mask_iou_by_hand() -> None:
    target = torch.tensor([[1.0, 1.0, 0.0, 0.0]])
    logits = torch.tensor([[1.0, -1.0, 1.0, -1.0]])
    assert mask_iou(logits, target).item() == pytest.approx(1 / 3)  # one shared, three in all


def test_mask_iou_of_two_empty_masks_is_zero() -> None:
    assert mask_iou(torch.full((2, 2), -1.0), torch.zeros(2, 2)).item() == 0


def test_a_right_answer_with_a_right_score_costs_nothing() -> None:
    logits = certain(square()).expand(1, 4, 8, 8)
    losses = prompt_loss(logits, torch.ones(1, 4), square(), ON)
    assert losses["mask"].item() == pytest.approx(0, abs=1e-3)
    assert losses["score"].item() == pytest.approx(0)


def test_of_three_outputs_the_best_counts_and_a_twentieth_of_their_mean() -> None:
    right, wrong = certain(square()), -certain(square())
    logits = torch.cat([right, wrong, right, wrong], dim=1)
    losses = prompt_loss(logits, torch.ones(1, 4), square(), ON)
    assert losses["mask"].item() == pytest.approx(0.05 * 2 / 3 * (20 + 64 / 65), abs=1e-3)


def test_output_0_answers_alone() -> None:
    right, wrong = certain(square()), -certain(square())
    logits = torch.cat([wrong, right, right, right], dim=1)
    losses = prompt_loss(logits, torch.ones(1, 4), square(), ON)
    assert losses["mask"].item() == pytest.approx(20 + 64 / 65, abs=1e-3)


def test_output_0_does_not_answer_for_the_three() -> None:
    right, wrong = certain(square()), -certain(square())
    logits = torch.cat([right, wrong, wrong, wrong], dim=1)
    losses = prompt_loss(logits, torch.ones(1, 4), square(), ON)
    assert losses["mask"].item() == pytest.approx(20 + 64 / 65, abs=1e-3)


def test_each_score_is_held_against_its_own_masks_iou() -> None:
    right, wrong = certain(square()), -certain(square())
    logits = torch.cat([right, wrong, right, wrong], dim=1)
    losses = prompt_loss(logits, torch.tensor([[1.0, 0.0, 0.5, 0.0]]), square(), ON)
    assert losses["score"].item() == pytest.approx(0.5**2 / 4)


def test_a_point_beside_the_object_teaches_a_score_of_zero_and_no_mask() -> None:
    logits = certain(square()).expand(1, 4, 8, 8).clone().requires_grad_()
    scores = torch.full((1, 4), 0.9, requires_grad=True)
    losses = prompt_loss(logits, scores, square(), BESIDE)
    assert losses["mask"].item() == 0
    assert losses["score"].item() == pytest.approx(0.81)
    sum(losses.values(), torch.zeros(())).backward()
    assert logits.grad is not None
    assert not logits.grad.any()


def test_a_point_beside_does_not_dilute_what_the_others_teach() -> None:
    logits, scores = -certain(square()).expand(1, 4, 8, 8), torch.zeros(1, 4)
    alone = prompt_loss(logits, scores, square(), ON)["mask"]
    beside_it = prompt_loss(
        logits.repeat(2, 1, 1, 1), scores.repeat(2, 1), square(), torch.cat([ON, BESIDE])
    )["mask"]
    assert beside_it.item() == pytest.approx(alone.item())
