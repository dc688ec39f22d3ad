"""The loop: a parabola stands for the model, so that every step can be followed by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from automask.errors import DivergedError
from automask.tuning.fit import FitConfig, Look, best_look, fit

# Without averaging, so that a step of 0.1 is a step of 0.1.
QUICK = FitConfig(
    steps=100, check_every=10, patience=2, warmup_steps=1, weight_decay=0.0, averaging=0.0
)


class Parabola:
    """Training pulls x to `target`; the held-out pairs would have it at `optimum`."""

    learning_rate = 0.1
    rate = 1.0

    def __init__(self, target: float, optimum: float) -> None:
        self.x = nn.Parameter(torch.zeros(1))
        self.target, self.optimum = target, optimum

    def parameters(self) -> list[nn.Parameter]:
        return [self.x]

    def rates(self) -> list[tuple[list[nn.Parameter], float]]:
        return [([self.x], self.rate)]

    def training_loss(self, _rng: np.random.Generator) -> Tensor:
        return ((self.x - self.target) ** 2).sum()

    def held_out_loss(self) -> float:
        return float((self.x.detach() - self.optimum).abs())


def look_steps(looks: list[Look]) -> list[int]:
    return [look.step for look in looks]


def test_it_learns_and_looks_every_ten_steps() -> None:
    parabola = Parabola(target=20.0, optimum=20.0)
    seen: list[Look] = []
    looks = fit(parabola, QUICK, seen.append)
    assert look_steps(looks) == list(range(0, 101, 10))
    assert seen == looks
    assert looks[-1].loss < looks[0].loss / 1.5


def test_a_group_moves_at_its_share_of_the_rate() -> None:
    slow = Parabola(target=20.0, optimum=20.0)
    slow.rate = 0.2
    fit(slow, replace(QUICK, steps=1, check_every=1), lambda _look: None)
    assert slow.x.item() == pytest.approx(0.02)


def test_it_stops_after_two_looks_without_improvement_and_keeps_the_best() -> None:
    parabola = Parabola(target=100.0, optimum=2.05)  # steps of 0.1: nearest after 20 or 21 steps
    looks = fit(parabola, QUICK, lambda _look: None)
    assert look_steps(looks) == [0, 10, 20, 30, 40]
    assert best_look(looks).step == 20
    assert parabola.held_out_loss() == pytest.approx(best_look(looks).loss)


def test_what_is_looked_at_and_kept_is_the_moving_average() -> None:
    parabola = Parabola(target=100.0, optimum=100.0)
    halves = replace(QUICK, steps=2, check_every=1, averaging=0.5)
    looks = fit(parabola, halves, lambda _look: None)
    # The weights go 0, 0.1, 0.2; their average 0, 0.05, 0.125.
    assert [look.loss for look in looks] == pytest.approx([100, 99.95, 99.875], abs=1e-3)
    assert parabola.x.item() == pytest.approx(0.125, abs=1e-3)


def test_where_nothing_improves_the_model_stays_as_it_was() -> None:
    parabola = Parabola(target=100.0, optimum=-1.0)
    looks = fit(parabola, QUICK, lambda _look: None)
    assert best_look(looks).step == 0
    assert parabola.x.item() == 0.0


def test_interrupted_it_leaves_the_best_state_so_far() -> None:
    parabola = Parabola(target=100.0, optimum=1.0)  # steps of 0.1: best after 10

    def interrupt(look: Look) -> None:
        if look.step == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(parabola, QUICK, interrupt)
    assert parabola.x.item() == pytest.approx(1.0, abs=0.06)


def test_a_loss_that_is_no_number_stops_it() -> None:
    with pytest.raises(DivergedError, match="step 1"):
        fit(Parabola(target=float("nan"), optimum=0.0), QUICK, lambda _look: None)


def test_the_first_of_equal_looks_is_the_best() -> None:
    assert best_look([Look(0, 2.0), Look(10, 1.0), Look(20, 1.0)]) == Look(10, 1.0)
