"""Fits a tunable: training steps with early stopping on held-out pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from automask.errors import DivergedError
from automask.tuning.tunables import Tunable


@dataclass(frozen=True)
class FitConfig:
    """How a model is fitted."""

    steps: int = 300  # at most
    check_every: int = 20  # steps between evaluations of the held-out pairs
    patience: int = 4  # evaluations without improvement before it stops
    warmup_steps: int = 20
    averaging: float = 0.97  # decay of the moving average
    weight_decay: float = 0.01
    seed: int = 0


@dataclass(frozen=True)
class Look:
    """The held-out loss after a number of steps."""

    step: int
    loss: float


def fit(tunable: Tunable, config: FitConfig, seen: Callable[[Look], None]) -> list[Look]:
    """Fit, and leave the model in its best state on the held-out pairs.

    Evaluated and kept is a moving average of the weights, because with few pairs single steps
    oscillate (Izmailov et al., "Averaging weights", 2018). The first evaluation is at step 0: if
    nothing improves, the model stays as it was. Interrupted, it is left in its best state so far.

    Args:
        tunable: The model with its pairs.
        config: Steps, rates and patience.
        seen: Called with each evaluation.

    Returns:
        Every evaluation.

    Raises:
        DivergedError: The loss is not finite.
    """
    learned = tunable.parameters()
    for parameter in learned:
        parameter.requires_grad_(True)
    groups = [{"params": group, "rate": rate} for group, rate in tunable.rates()]
    optimiser = torch.optim.AdamW(groups, lr=0.0, weight_decay=config.weight_decay)
    rng = np.random.default_rng(config.seed)
    looks = [Look(0, tunable.held_out_loss())]
    seen(looks[0])
    best, average = _copy(learned), _copy(learned)
    try:
        for step in range(1, config.steps + 1):
            _step(tunable, optimiser, learned, config, step, rng)
            _move(average, learned, 1 - config.averaging)
            if step % config.check_every and step != config.steps:
                continue
            looks.append(Look(step, _loss_with(average, tunable)))
            if looks[-1] == best_look(looks):
                best = [value.clone() for value in average]
            seen(looks[-1])
            if _stalled(looks, config):
                break
    finally:
        _restore(learned, best)
    return looks


def best_look(looks: list[Look]) -> Look:
    """The first evaluation with the lowest loss."""
    return min(looks, key=lambda look: look.loss)


def _stalled(looks: list[Look], config: FitConfig) -> bool:
    return len(looks) - 1 - looks.index(best_look(looks)) >= config.patience


def _step(
    tunable: Tunable,
    optimiser: torch.optim.Optimizer,
    learned: list[nn.Parameter],
    config: FitConfig,
    step: int,
    rng: np.random.Generator,
) -> None:
    for group in optimiser.param_groups:
        warmed = min(1.0, step / config.warmup_steps)
        group["lr"] = tunable.learning_rate * group["rate"] * warmed
    loss = tunable.training_loss(rng)
    if not torch.isfinite(loss):
        raise DivergedError(f"the loss is {loss.item()} at step {step}: nothing was written")
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(learned, 1.0)
    optimiser.step()


def _loss_with(values: list[torch.Tensor], tunable: Tunable) -> float:
    """The held-out loss with other values of the parameters, which are restored afterwards."""
    learned = tunable.parameters()
    own = _copy(learned)
    _restore(learned, values)
    loss = tunable.held_out_loss()
    _restore(learned, own)
    return loss


@torch.no_grad()
def _move(average: list[torch.Tensor], towards: list[nn.Parameter], share: float) -> None:
    for value, parameter in zip(average, towards, strict=True):
        value.lerp_(parameter, share)


def _copy(parameters: list[nn.Parameter]) -> list[torch.Tensor]:
    return [p.detach().clone() for p in parameters]


@torch.no_grad()
def _restore(parameters: list[nn.Parameter], values: list[torch.Tensor]) -> None:
    for parameter, value in zip(parameters, values, strict=True):
        parameter.copy_(value)
