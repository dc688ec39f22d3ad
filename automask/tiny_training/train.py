"""The training loop: resumable, seeded, its curve in a CSV file."""

from __future__ import annotations

import csv
import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from segment_anything.modeling import Sam
from torch import nn

from automask.sam.device import autocast
from automask.sam.tiny import build_tiny
from automask.tiny_training.batch import Batch, batches
from automask.tiny_training.data import Pair, is_validation
from automask.tiny_training.objective import batch_losses, set_frame, total
from automask.tiny_training.optimise import Backbone, Optimiser
from automask.tiny_training.running import Recent, ema, forget_after
from automask.tiny_training.validate import validate


@dataclass(frozen=True)
class TrainConfig:
    """Everything that shapes the weights; noted in the exported file."""

    steps: int = 16000
    batch_size: int = 16
    learning_rate: float = 1.2e-3  # while it is constant
    weight_decay: float = 0.02
    backbone_rate: float = 0.2  # of the learning rate: what it knows it keeps; 0: all of it
    backbone_weight_decay: float = 0.01
    warmup_steps: int = 200
    # The rate is constant until the last steps, where it falls to 0 (Zhai et al., "Scaling vision
    # transformers", 2022): a run can be made longer afterwards, from where it began to fall.
    decay_steps: int = 3000
    ema_decay: float = 0.999
    # Small frames first: most of what there is to learn does not need the full resolution.
    frames: tuple[int, ...] = (192, 256)  # px, in turn
    frames_in_decay: tuple[int, ...] = (320, 384)
    refine_share: float = 0.15  # of the steps repeat the prompts with the mask just predicted
    seed: int = 0
    loader_threads: int = 1  # that draw batches ahead; a GPU wants as many as there are cores
    validate_every: int = 1000  # steps
    validation_images: int = 100
    save_every_seconds: float = 180.0


class Trainer:
    """Model, average, optimiser and step number: what a checkpoint holds.

    begin: the model that the training begins with, see begin.py; None: random weights.
    """

    def __init__(
        self, config: TrainConfig, run_dir: Path, device: str = "cpu", begin: Sam | None = None
    ) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.run_dir = run_dir
        begin = begin or build_tiny()
        self.sam = begin.to(device, memory_format=torch.channels_last)
        self.train_mode()
        self.average = torch.optim.swa_utils.AveragedModel(
            self.sam, avg_fn=ema(config.ema_decay), use_buffers=True
        )
        self.optimiser = Optimiser(self.sam, config.weight_decay, _backbone(self.sam, config))
        self.step = 0
        self.decay_start: int | None = None  # the step at which the decay began, if it has

    @property
    def latest(self) -> Path:
        """The newest checkpoint of the run."""
        return self.run_dir / "training.pt"

    @property
    def curve(self) -> Path:
        """The figures on the validation split by step."""
        return self.run_dir / "curve.csv"

    @property
    def before_decay(self) -> Path:
        """The checkpoint from which a longer training continues."""
        return self.run_dir / "before_decay.pt"

    def train_mode(self) -> None:
        """A backbone that does not learn keeps its norms' statistics too."""
        self.sam.train()
        if self.config.backbone_rate == 0 and hasattr(self.sam.image_encoder, "backbone"):
            self.sam.image_encoder.backbone.eval().requires_grad_(False)

    def save(self, file: Path) -> None:
        """Write the whole state, atomically."""
        state = {
            "step": self.step,
            "decay_start": self.decay_start,
            "sam": self.sam.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        partial = file.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, file)

    def resume(self) -> None:
        """Goes on where the run stopped; if it is to be longer now, where its decay began."""
        if not self.latest.exists():
            return
        state = torch.load(self.latest, map_location=self.sam.device, weights_only=True)
        began = state["decay_start"]
        if began is not None and began < decay_start(self.config):
            state = torch.load(self.before_decay, map_location=self.sam.device, weights_only=True)
        self.step, self.decay_start = state["step"], state["decay_start"]
        self.sam.load_state_dict(state["sam"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])


def train(
    pairs: list[Pair],
    config: TrainConfig,
    run_dir: Path,
    device: str = "cpu",
    begin: Sam | None = None,
) -> Sam:
    """Trains on a torch device to `config.steps`, from the run folder's checkpoint; where there is
    none, from the model `begin`, or from nothing.

    Returns the averaged model. Raises FloatingPointError where the loss stops being a number,
    ValueError where there is nothing to learn from or to validate on.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(config, run_dir, device, begin)
    trainer.resume()
    forget_after(trainer.step, trainer.curve)
    learn = [p for p in pairs if not is_validation(p.name)]
    held_out = [p for p in pairs if is_validation(p.name)][: config.validation_images]
    if not learn or not held_out:
        raise ValueError(
            f"{len(learn)} pairs to learn from, {len(held_out)} to validate on: add some"
        )
    saved, recent = time.monotonic(), Recent()
    sizes = ((step, frame_size(config, step)) for step in range(trainer.step, config.steps))
    for batch in batches(learn, sizes, config.batch_size, config.seed, config.loader_threads):
        if trainer.decay_start is None and trainer.step >= decay_start(config):
            trainer.save(trainer.before_decay)
            trainer.decay_start = trainer.step
        recent.add(_step(trainer, batch))
        last = trainer.step == config.steps
        if time.monotonic() - saved > config.save_every_seconds or last:
            trainer.save(trainer.latest)
            saved = time.monotonic()
        if trainer.step % config.validate_every == 0 or last:
            _report(trainer, recent.flush(), held_out)
    return trainer.average.module


def decay_start(config: TrainConfig) -> int:
    """The last step at the full learning rate; from there it falls."""
    return max(0, config.steps - config.decay_steps)


def frame_size(config: TrainConfig, step: int) -> int:
    """Longest side of the frame at a step, px."""
    frames = config.frames if step < decay_start(config) else config.frames_in_decay
    return frames[step % len(frames)]


def learning_rate(config: TrainConfig, step: int) -> float:
    """Linear warm-up, constant, and linear decay to 0 over the last steps."""
    warmup = (step + 1) / config.warmup_steps
    decay = (config.steps - step) / config.decay_steps
    return config.learning_rate * min(1.0, warmup, decay)


def _backbone(sam: Sam, config: TrainConfig) -> Backbone:
    """The layers that the second generation has from ImageNet; the first has none."""
    layers = getattr(sam.image_encoder, "backbone", None)
    learned = [] if layers is None else list(layers.parameters())
    return Backbone(learned, config.backbone_rate, config.backbone_weight_decay)


def _step(trainer: Trainer, batch: Batch) -> dict[str, float]:
    config, sam = trainer.config, trainer.sam
    set_frame(sam, batch.views[0].mask.shape[0])
    refine = (trainer.step * config.refine_share) % 1.0 < config.refine_share
    terms = batch_losses(sam, batch, refine)
    loss = total(terms)
    if not torch.isfinite(loss):
        raise FloatingPointError(f"loss is {loss.item()} at step {trainer.step}")
    loss.backward()
    nn.utils.clip_grad_norm_(sam.parameters(), 1.0)
    trainer.optimiser.step(learning_rate(config, trainer.step))
    trainer.average.update_parameters(sam)
    trainer.step += 1
    return {name: term.item() for name, term in terms.items()}


def _report(trainer: Trainer, losses: dict[str, float], held_out: list[Pair]) -> None:
    """Validates the averaged model and appends a line to `curve.csv`."""
    model = trainer.average.module
    set_frame(model, max(trainer.config.frames_in_decay))
    model.eval()
    with autocast(model.device):
        figures = validate(model, held_out)
    row = {"step": trainer.step, **losses, **figures}
    fresh = not trainer.curve.exists()
    with trainer.curve.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if fresh:
            writer.writeheader()
        writer.writerow({k: round(v, 5) for k, v in row.items()})
    print("  ".join(f"{k} {v:.4g}" for k, v in row.items()), flush=True)
