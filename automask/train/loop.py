"""The loop that trains: seeded, and gone on with after any kill as if there had been none."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from automask.errors import DivergedError
from automask.sam.device import autocast
from automask.system.files import replacing
from automask.system.signals import Stop
from automask.train.batches import Batch, Views
from automask.train.examples import Example
from automask.train.nets import encoder_of
from automask.train.objectives import Objective
from automask.train.settings import TrainConfig

WARM_UP = 0.1  # of the steps
LAST_RATE = 0.01  # of the highest
# Of the rate of what begins at random: the bundled model was trained so, see weights/README.md.
ENCODER_RATE = 0.2
WEIGHT_DECAY = 0.01
ROUND_STEPS = 20  # at least, between two looks at the validation: a pass may be two steps
SAVE_SECONDS = 30.0
CLIP = 5.0  # norm of the gradients


@dataclass(frozen=True)
class Round:
    """Some steps, and what they came to."""

    step: int  # steps done by then
    epoch: float  # passes over the photographs
    loss: float  # mean over the round
    figure: float  # of the validation, see Objective
    rate: float
    seconds: float  # of the training by then, earlier starts included


@dataclass
class Progress:
    """All that a training is, between two steps."""

    step: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)  # since the last round
    rounds: list[Round] = field(default_factory=list)
    best: dict[str, Any] = field(default_factory=dict)  # weights of the best round
    best_figure: float = -1.0


OnRound = Callable[[Round, Progress], None]


class Loop:
    """A training of one network.

    state_file: what a later start goes on from; it is written between steps, whole or not at all.
    """

    def __init__(
        self,
        config: TrainConfig,
        net: nn.Module,
        objective: Objective,
        views: Views,
        learned: Sequence[Example],
        validated: Sequence[Example],
        state_file: Path,
        begins_trained: bool,
    ) -> None:
        self.config, self.net, self.objective, self.views = config, net, objective, views
        self.learned, self.validated, self.state_file = learned, validated, state_file
        self.device = next(net.parameters()).device
        self.steps = total_steps(config, len(learned))
        self.progress = Progress()
        self.optimiser = torch.optim.AdamW(
            _groups(net, ENCODER_RATE if begins_trained else 1.0), weight_decay=WEIGHT_DECAY
        )

    def run(self, stop: Stop, on_round: OnRound) -> Progress:
        """Trains to the end and leaves the best round's weights in the network.

        Raises Interrupted when a signal asks for an end, once the state is saved; DivergedError
        where the loss is no number any more.
        """
        self._resume()
        with stop.calling(lambda: None):
            saved = time.monotonic()
            while self.progress.step < self.steps:
                self._step()
                if self._is_round():
                    on_round(self._end_round(), self.progress)
                is_due = time.monotonic() - saved > SAVE_SECONDS
                if is_due or stop.is_wanted or self.progress.step == self.steps:
                    self._save()
                    saved = time.monotonic()
                stop.raise_if_wanted()
        self.net.load_state_dict(self.progress.best)
        return self.progress

    def _step(self) -> None:
        began = time.monotonic()
        for group in self.optimiser.param_groups:
            group["lr"] = group["share"] * self._rate()
        self.net.train()
        self.optimiser.zero_grad()
        with autocast(self.device):
            loss = self.objective.loss(self.net, self._batch())
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), CLIP)
        self.optimiser.step()
        self._note(float(loss.detach()), time.monotonic() - began)

    def _note(self, loss: float, seconds: float) -> None:
        if not math.isfinite(loss):
            raise DivergedError(
                f"the loss is no number any more after {self.progress.step} steps; begin again "
                f"with a lower --rate than {self.config.rate:g}, into another --out"
            )
        self.progress.losses.append(loss)
        self.progress.step += 1
        self.progress.seconds += seconds

    def _batch(self) -> Batch:
        """The examples of this step and their views: the step's number decides, nothing else."""
        step, config = self.progress.step, self.config
        places = range(step * config.batch, (step + 1) * config.batch)
        examples = [self.learned[_drawn(place, len(self.learned), config.seed)] for place in places]
        batch = self.views.batch(examples, seed=(config.seed << 32) + step)
        return Batch(*(t.to(self.device) for t in (batch.images, batch.labels, batch.weights)))

    def _rate(self) -> float:
        """Rises in a line, then falls as a cosine."""
        warm = max(1, round(WARM_UP * self.steps))
        if self.progress.step < warm:
            return self.config.rate * (self.progress.step + 1) / warm
        done = (self.progress.step - warm) / max(1, self.steps - warm)
        share = LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * done)) / 2
        return self.config.rate * share

    def _is_round(self) -> bool:
        length = max(ROUND_STEPS, -(-len(self.learned) // self.config.batch))
        return self.progress.step % length == 0 or self.progress.step == self.steps

    def _end_round(self) -> Round:
        began, progress = time.monotonic(), self.progress
        self.net.eval()
        figure = self.objective.validate(self.net, self.validated)
        if figure >= progress.best_figure:
            progress.best_figure = figure
            progress.best = {k: v.detach().cpu().clone() for k, v in self.net.state_dict().items()}
        progress.seconds += time.monotonic() - began
        row = Round(
            step=progress.step,
            epoch=round(progress.step * self.config.batch / len(self.learned), 2),
            loss=float(np.mean(progress.losses)),
            figure=figure,
            rate=self._rate(),
            seconds=round(progress.seconds, 1),
        )
        progress.losses = []
        progress.rounds.append(row)
        return row

    def _save(self) -> None:
        progress = {**vars(self.progress), "rounds": [asdict(row) for row in self.progress.rounds]}
        whole = {
            "progress": progress,
            "net": self.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        with replacing(self.state_file) as partial:
            torch.save(whole, partial)

    def _resume(self) -> None:
        if not self.state_file.exists():
            return
        whole = torch.load(self.state_file, map_location="cpu", weights_only=True)
        self.net.load_state_dict(whole["net"])
        self.optimiser.load_state_dict(whole["optimiser"])
        rounds = [Round(**row) for row in whole["progress"]["rounds"]]
        self.progress = Progress(**{**whole["progress"], "rounds": rounds})


def total_steps(config: TrainConfig, photographs: int) -> int:
    """How many batches a training takes."""
    return config.steps or config.epochs * -(-photographs // config.batch)


def _drawn(place: int, count: int, seed: int) -> int:
    """Which example stands at a place of the endless row of passes, each in an order of its own."""
    epoch, within = divmod(place, count)
    return int(np.random.default_rng([seed, epoch]).permutation(count)[within])


def _groups(net: nn.Module, encoder_share: float) -> list[dict[str, Any]]:
    """Parameters with the share of the rate that they learn at."""
    encoder = list(encoder_of(net).parameters())
    known = {id(parameter) for parameter in encoder}
    rest = [parameter for parameter in net.parameters() if id(parameter) not in known]
    return [
        {"params": encoder, "share": encoder_share},
        {"params": rest, "share": 1.0},
    ]
