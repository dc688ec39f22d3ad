"""The training loop: resumable, seeded, its curve in a CSV file."""

from __future__ import annotations

import csv
import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from automask.refiner_training.batch import Batch, batches
from automask.refiner_training.losses import refiner_loss
from automask.refiner_training.sources import Source
from automask.refiner_training.validate import validate
from automask.sam.device import autocast
from automask.sam.refiner import Refiner
from automask.tiny_training.running import Recent, ema, forget_after


@dataclass(frozen=True)
class RefinerTrainConfig:
    """Everything that shapes the weights; noted in the exported file."""

    steps: int = 900
    batch_size: int = 8
    learning_rate: float = 2e-3  # of the new layers, while it is constant
    backbone_rate: float = 0.2  # of that, of the layers that begin from `tiny`'s
    backbone_steps: int = 550  # from then on they stay: a step takes two fifths of the time
    weight_decay: float = 0.01
    warmup_steps: int = 100
    decay_steps: int = 300
    ema_decay: float = 0.99
    view_px: int = 160
    view_px_in_decay: int = 160
    seed: int = 0
    validate_every: int = 450  # steps
    validation_images: int = 30
    save_every_seconds: float = 120.0


class Trainer:
    """Network, average, optimiser and step number: what a checkpoint holds."""

    def __init__(self, config: RefinerTrainConfig, run_dir: Path, net: Refiner) -> None:
        self.config, self.run_dir = config, run_dir
        self.net = net.to(memory_format=torch.channels_last).train()
        self.average = torch.optim.swa_utils.AveragedModel(
            self.net, avg_fn=ema(config.ema_decay), use_buffers=True
        )
        backbone = list(net.backbone.parameters())
        known = {id(p) for p in backbone}
        new = [p for p in net.parameters() if id(p) not in known]
        self.optimiser = torch.optim.AdamW(
            [{"params": new, "share": 1.0}, {"params": backbone, "share": config.backbone_rate}],
            weight_decay=config.weight_decay,
        )
        self.step = 0

    @property
    def latest(self) -> Path:
        return self.run_dir / "training.pt"

    @property
    def curve(self) -> Path:
        return self.run_dir / "curve.csv"

    def save(self) -> None:
        state = {
            "step": self.step,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        partial = self.latest.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, self.latest)

    def resume(self) -> None:
        if not self.latest.exists():
            return
        state = torch.load(self.latest, map_location="cpu", weights_only=True)
        self.step = state["step"]
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step. Raises FloatingPointError where the loss stops being a number."""
        if self.step >= self.config.backbone_steps:
            self.net.backbone.requires_grad_(False).eval()
        with autocast(torch.device("cpu")):
            logits = self.net(batch.image, batch.coarse)
        terms = refiner_loss(logits, batch.truth, batch.coarse)
        loss = terms["entropy"] + terms["dice"] + 2 * terms["gradient"]
        if not torch.isfinite(loss):
            raise FloatingPointError(f"loss is {loss.item()} at step {self.step}")
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        for group in self.optimiser.param_groups:
            group["lr"] = group["share"] * learning_rate(self.config, self.step)
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.average.update_parameters(self.net)
        self.step += 1
        return {name: term.item() for name, term in terms.items()}


def train(
    learn: list[Source],
    held_out: list[Source],
    config: RefinerTrainConfig,
    run_dir: Path,
    net: Refiner,
) -> Refiner:
    """Trains on the CPU to `config.steps`, from the run folder's checkpoint or from `net`.

    Returns the averaged network. Raises ValueError where there is nothing to learn from or to
    validate on.
    """
    if not learn or not held_out:
        raise ValueError(f"{len(learn)} photographs to learn from, {len(held_out)} held out")
    run_dir.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(config, run_dir, net)
    trainer.resume()
    forget_after(trainer.step, trainer.curve)
    saved, recent = time.monotonic(), Recent()
    sizes = ((step, view_px(config, step)) for step in range(trainer.step, config.steps))
    for batch in batches(learn, sizes, config.batch_size, config.seed):
        recent.add(trainer.learn(batch))
        is_last = trainer.step == config.steps
        if time.monotonic() - saved > config.save_every_seconds or is_last:
            trainer.save()
            saved = time.monotonic()
        if trainer.step % config.validate_every == 0 or is_last:
            _report(trainer, recent.flush(), held_out[: config.validation_images])
    return trainer.average.module


def view_px(config: RefinerTrainConfig, step: int) -> int:
    """Side of the views at a step, px."""
    is_decay = step >= config.steps - config.decay_steps
    return config.view_px_in_decay if is_decay else config.view_px


def learning_rate(config: RefinerTrainConfig, step: int) -> float:
    """Linear warm-up, constant, and linear decay to 0 over the last steps."""
    warmup = (step + 1) / config.warmup_steps
    decay = (config.steps - step) / config.decay_steps
    return config.learning_rate * min(1.0, warmup, decay)


def _report(trainer: Trainer, losses: dict[str, float], held_out: list[Source]) -> None:
    """Validates the averaged network and appends a line to `curve.csv`."""
    figures = validate(trainer.average.module.eval(), held_out)
    measured = {k: round(float(v), 5) for k, v in {**losses, **figures}.items()}
    row: dict[str, float] = {"step": trainer.step, **measured}
    is_fresh = not trainer.curve.exists()
    with trainer.curve.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if is_fresh:
            writer.writeheader()
        writer.writerow(row)
    print("  ".join(f"{k} {v:.4g}" for k, v in row.items()), flush=True)
