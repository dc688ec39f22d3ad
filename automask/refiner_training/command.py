"""The command line of the training."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import torch
import typer

from automask.refiner_training.export import export
from automask.refiner_training.sources import sources_in, split
from automask.refiner_training.train import RefinerTrainConfig, train
from automask.sam.refiner import Refiner, begin_from


def main(
    images: Annotated[Path, typer.Argument(help="Folder of photographs.")],
    masks: Annotated[Path, typer.Argument(help="Folder of masks, <stem>.png, 0 or 255.")],
    run_dir: Annotated[Path, typer.Option(help="Checkpoint and curve; resumed if present.")],
    tiny: Annotated[Path, typer.Option(help="Weights of `tiny`, whose backbone it begins from.")],
    predictions: Annotated[
        Path | None, typer.Option(help="Folder of a model's own soft masks, <stem>.png.")
    ] = None,
    mattes: Annotated[
        tuple[Path, Path] | None, typer.Option(help="Photographs and their alpha mattes.")
    ] = None,
    steps: Annotated[int, typer.Option(help="Optimiser steps in all.")] = RefinerTrainConfig.steps,
    seed: Annotated[int, typer.Option(help="Seed of weights and sampling.")] = 0,
) -> None:
    """Train the refiner; stop it at any time, the same command goes on where it was.

    Writes RUN_DIR/automask_refiner.safetensors when the last step is done.
    """
    config = RefinerTrainConfig(steps=steps, seed=seed)
    torch.manual_seed(seed)
    net = Refiner()
    begin_from(net, tiny)
    with_alpha = sources_in(*mattes) if mattes else []
    learn, held_out = split(sources_in(images, masks, predictions), with_alpha)
    trained = train(learn, held_out, config, run_dir, net)
    export(
        trained, run_dir / "automask_refiner.safetensors", {"training": json.dumps(asdict(config))}
    )
