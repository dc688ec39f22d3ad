"""`python -m automask.tiny_training IMAGES MASKS --run-dir DIR`: trains and exports `tiny`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from automask.sam.device import resolve_device
from automask.sam.tiny import TinyArchitecture
from automask.system.cores import available_cores
from automask.tiny_training.data import load_pairs
from automask.tiny_training.export import export
from automask.tiny_training.train import TrainConfig, train


def main(
    images: Annotated[Path, typer.Argument(help="Folder of photographs.")],
    masks: Annotated[Path, typer.Argument(help="Folder of masks, <stem>.png, 0 or 255.")],
    run_dir: Annotated[Path, typer.Option(help="Checkpoint and curve; resumed if present.")],
    steps: Annotated[int, typer.Option(help="Optimiser steps in all.")] = TrainConfig.steps,
    seed: Annotated[int, typer.Option(help="Seed of weights and sampling.")] = TrainConfig.seed,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda:N.")] = "auto",
    limit: Annotated[int | None, typer.Option(help="Only the first N pairs.")] = None,
) -> None:
    """Train the bundled model; stop it at any time, the same command goes on where it was.

    Writes RUN_DIR/automask_tiny.safetensors when the last step is done.
    """
    where = resolve_device(device)
    threads = available_cores() if where.type == "cuda" else 1
    config = TrainConfig(steps=steps, seed=seed, loader_threads=threads)
    sam = train(load_pairs(images, masks, limit), config, run_dir, str(where))
    notes = {"training": json.dumps(asdict(config)), "data": images.parent.name}
    export(sam, TinyArchitecture(), run_dir / "automask_tiny.safetensors", notes)


if __name__ == "__main__":
    typer.run(main)
