"""What becomes small, and what does not count."""

from __future__ import annotations

import pytest
import torch

from automask.train.batches import OUTSIDE
from automask.train.losses import make_loss

LABELS = torch.tensor([[[1, 1, 2, 2], [1, 1, 3, OUTSIDE]]], dtype=torch.uint8)
RIGHT = torch.tensor([[[[9.0, 9, -9, -9], [9, 9, 0, 0]]]])
ONE = torch.ones(1)
NAMES = ("bce", "dice", "bce+dice", "bce+iou", "focal")


@pytest.mark.parametrize("name", NAMES)
def test_a_right_mask_costs_next_to_nothing_and_a_wrong_one_much(name: str) -> None:
    loss = make_loss(name)  # type: ignore[arg-type]
    assert loss(RIGHT, LABELS, ONE) < 0.01 < 0.5 < loss(-RIGHT, LABELS, ONE)


@pytest.mark.parametrize("name", NAMES)
def test_contour_and_what_is_outside_count_nowhere(name: str) -> None:
    loss = make_loss(name)  # type: ignore[arg-type]
    other = RIGHT.clone()
    other[0, 0, 1, 2:] = 7.0
    assert loss(other, LABELS, ONE) == loss(RIGHT, LABELS, ONE)


def test_with_three_channels_the_contour_is_a_class() -> None:
    loss = make_loss("bce")
    right = torch.full((1, 3, 2, 4), -9.0)
    for channel, label in enumerate((1, 2, 3)):
        right[:, channel][label == LABELS] = 9.0
    wrong = right.clone()
    wrong[0, :, 1, 2] = torch.tensor([-9.0, 9.0, -9.0])  # takes the contour for background
    assert loss(right, LABELS, ONE) < 0.01 < loss(wrong, LABELS, ONE)


def test_a_photograph_counts_by_its_weight() -> None:
    loss = make_loss("bce")
    both, labels = torch.cat([RIGHT, -RIGHT]), torch.cat([LABELS, LABELS])
    wrong = float(loss(-RIGHT, LABELS, ONE))
    found = float(loss(both, labels, torch.tensor([3.0, 1.0])))
    assert found == pytest.approx(wrong / 4, rel=1e-3)


def test_a_view_that_is_all_outside_costs_nothing() -> None:
    nothing = torch.full_like(LABELS, OUTSIDE)
    assert make_loss("bce+dice")(RIGHT, nothing, ONE) == 0
