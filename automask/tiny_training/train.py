"""The training loop: resumable, seeded, its curve in a CSV file."""

from __future__ import annotations

import csv
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from segment_anything.modeling import Sam
from torch import Tensor, nn

from automask.sam.tiny import build_tiny
from automask.tiny_training.batch import Batch, batches, to_tensors
from automask.tiny_training.data import Pair, is_validation
from automask.tiny_training.decode import decode
from automask.tiny_training.losses import mask_iou, mask_loss, prompt_loss
from automask.tiny_training.validate import validate


@dataclass(frozen=True)
class TrainConfig:
    """Everything that shapes the weights; noted in the exported file."""

    steps: int = 6000
    batch_size: int = 16
    learning_rate: float = 1.2e-3  # peak; AdamW
    weight_decay: float = 0.02
    warmup_steps: int = 200
    ema_decay: float = 0.999
    # Small frames first: most of what there is to learn does not need the full resolution.
    frame_sizes: tuple[int, ...] = (192, 256, 320)  # px
    frame_shares: tuple[float, ...] = (0.3, 0.4, 0.3)  # of the steps
    refine_share: float = 0.15  # of the steps repeat the prompts with the mask just predicted
    seed: int = 0
    validate_every: int = 500  # steps
    validation_images: int = 100
    save_every_seconds: float = 180.0


class Trainer:
    """Model, average, optimiser and step number: what a checkpoint holds."""

    def __init__(self, config: TrainConfig, run_dir: Path) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.run_dir = run_dir
        self.sam = build_tiny().to(memory_format=torch.channels_last).train()
        self.average = torch.optim.swa_utils.AveragedModel(
            self.sam, avg_fn=_ema(config.ema_decay), use_buffers=True
        )
        self.optimiser = torch.optim.AdamW(_groups(self.sam, config.weight_decay), lr=0.0)
        self.step = 0

    @property
    def checkpoint(self) -> Path:
        return self.run_dir / "training.pt"

    def save(self) -> None:
        state = {
            "step": self.step,
            "sam": self.sam.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, self.checkpoint)

    def resume(self) -> None:
        if not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, weights_only=True)
        self.step = state["step"]
        self.sam.load_state_dict(state["sam"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])


def train(pairs: list[Pair], config: TrainConfig, run_dir: Path) -> Sam:
    """Trains from the run folder's checkpoint, or from nothing, to `config.steps`.

    Returns the averaged model. Raises FloatingPointError where the loss stops being a number.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(config, run_dir)
    trainer.resume()
    learn = [p for p in pairs if not is_validation(p.name)]
    held_out = [p for p in pairs if is_validation(p.name)][: config.validation_images]
    saved, recent = time.monotonic(), _Recent()
    seed = [config.seed, trainer.step]  # a resumed run draws other samples than its first part
    for batch in batches(learn, _sizes(config, trainer.step), config.batch_size, seed):
        recent.add(_step(trainer, batch))
        last = trainer.step == config.steps
        if time.monotonic() - saved > config.save_every_seconds or last:
            trainer.save()
            saved = time.monotonic()
        if trainer.step % config.validate_every == 0 or last:
            _report(trainer, recent.flush(), held_out)
    return trainer.average.module


def frame_size(config: TrainConfig, step: int) -> int:
    """Longest side of the frame at a step, px."""
    passed = 0.0
    for size, share in zip(config.frame_sizes, config.frame_shares, strict=True):
        passed += share
        if step < passed * config.steps:
            return size
    return config.frame_sizes[-1]


def learning_rate(config: TrainConfig, step: int) -> float:
    """Linear warm-up, then half a cosine to 1 % of the peak."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    progress = (step - config.warmup_steps) / max(1, config.steps - config.warmup_steps)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))


def set_frame(sam: Sam, size: int) -> None:
    """Tells the model the size of its input; nothing in its weights depends on it."""
    sam.image_encoder.img_size = size
    sam.prompt_encoder.input_image_size = (size, size)
    sam.prompt_encoder.image_embedding_size = (size // 16, size // 16)
    sam.prompt_encoder.mask_input_size = (size // 4, size // 4)


def _sizes(config: TrainConfig, start: int) -> Iterator[int]:
    return (frame_size(config, step) for step in range(start, config.steps))


def _groups(sam: Sam, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices and kernels decay; biases, norms and embeddings do not."""
    decay = [p for n, p in sam.named_parameters() if p.ndim > 1 and "embed" not in n]
    rest = [p for n, p in sam.named_parameters() if p.ndim <= 1 or "embed" in n]
    return [{"params": decay, "weight_decay": weight_decay}, {"params": rest, "weight_decay": 0.0}]


def _ema(decay: float) -> Any:
    """Exponential average that starts fast, so that early validation means something."""

    def average(mean: Tensor, new: Tensor, seen: Tensor) -> Tensor:
        if not mean.is_floating_point():
            return new
        rate = min(decay, (1 + float(seen)) / (10 + float(seen)))
        return mean.lerp(new, 1 - rate)

    return average


def _step(trainer: Trainer, batch: Batch) -> dict[str, float]:
    config, sam = trainer.config, trainer.sam
    for group in trainer.optimiser.param_groups:
        group["lr"] = learning_rate(config, trainer.step)
    set_frame(sam, batch.views[0].mask.shape[0])
    refine = (trainer.step * config.refine_share) % 1.0 < config.refine_share
    terms = batch_losses(sam, batch, refine)
    loss = 2 * terms["saliency"] + 2 * terms["mask"] + terms["score"]
    if not torch.isfinite(loss):
        raise FloatingPointError(f"loss is {loss.item()} at step {trainer.step}")
    trainer.optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(sam.parameters(), 1.0)
    trainer.optimiser.step()
    trainer.average.update_parameters(sam)
    trainer.step += 1
    return {name: term.item() for name, term in terms.items()}


def batch_losses(sam: Sam, batch: Batch, refine: bool) -> dict[str, Tensor]:
    """Saliency, mask and score loss of one batch under bfloat16 autocast."""
    images, target = to_tensors(sam, batch.views)
    with torch.autocast(images.device.type, torch.bfloat16):
        embeddings, saliency = sam.image_encoder.features(images)
        sparse, dense, on_object = embed_prompts(sam, batch)
        per_image = len(sparse) // len(images)
        wanted = target.repeat_interleave(per_image, dim=0)
        logits, scores = decode(sam, embeddings, sparse, dense)
        terms = prompt_loss(logits, scores, wanted, on_object)
        if refine:
            given = logits[:, 1:].gather(1, _best(logits, wanted)).detach().float()
            again = decode(sam, embeddings, sparse, sam.prompt_encoder.mask_downscaling(given))
            second = prompt_loss(*again, wanted, on_object)
            terms = {name: (terms[name] + second[name]) / 2 for name in terms}
    return {"saliency": mask_loss(saliency, target).mean(), **terms}


def _best(logits: Tensor, wanted: Tensor) -> Tensor:
    """Index N x 1 x h x w of the best of outputs 1 to 3, for gather."""
    best = mask_iou(logits[:, 1:], wanted).argmax(dim=1)
    return best[:, None, None, None].expand(-1, 1, *logits.shape[-2:])


def embed_prompts(sam: Sam, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Sparse and dense embeddings of all prompts, an image's together, and which are on objects."""
    prompts = batch.prompts
    count, per_image = prompts.on_object.shape
    points = torch.from_numpy(prompts.points).reshape(-1, 1, 2)
    pointed, dense = sam.prompt_encoder((points, torch.ones(len(points), 1)), None, None)
    boxed, _ = sam.prompt_encoder(None, torch.from_numpy(prompts.boxes), None)
    sparse = torch.cat([pointed.view(count, per_image, *pointed.shape[1:]), boxed[:, None]], dim=1)
    every_box = torch.ones(count, 1, dtype=torch.bool)
    on_object = torch.cat([torch.from_numpy(prompts.on_object), every_box], dim=1)
    dense = dense[:1].expand(count * (per_image + 1), -1, -1, -1)
    return sparse.flatten(0, 1), dense, on_object.flatten()


class _Recent:
    """Means of the losses since the last report."""

    def __init__(self) -> None:
        self.terms: list[dict[str, float]] = []
        self.since = time.monotonic()  # of the last report

    def add(self, terms: dict[str, float]) -> None:
        self.terms.append(terms)

    def flush(self) -> dict[str, float]:
        names = self.terms[0]
        means = {f"loss_{n}": sum(t[n] for t in self.terms) / len(self.terms) for n in names}
        means["seconds_per_step"] = (time.monotonic() - self.since) / len(self.terms)
        self.terms, self.since = [], time.monotonic()
        return means


def _report(trainer: Trainer, losses: dict[str, float], held_out: list[Pair]) -> None:
    """Validates the averaged model and appends a line to `curve.csv`."""
    model = trainer.average.module
    set_frame(model, frame_size(trainer.config, trainer.step - 1))
    model.eval()
    with torch.autocast("cpu", torch.bfloat16):
        figures = validate(model, held_out)
    row = {"step": trainer.step, "frame": model.image_encoder.img_size, **losses, **figures}
    curve = trainer.run_dir / "curve.csv"
    fresh = not curve.exists()
    with curve.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if fresh:
            writer.writeheader()
        writer.writerow({k: round(v, 5) for k, v in row.items()})
    print("  ".join(f"{k} {v:.4g}" for k, v in row.items()), flush=True)
