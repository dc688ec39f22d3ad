"""The command `automask develop eval-prompts`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automask.show.console import make_console


def eval_prompts_command(
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="Folder of photographs.")],
    masks: Annotated[Path, typer.Argument(metavar="MASKS", help="Their masks, <stem>.png, 0/255.")],
    model: Annotated[str, typer.Option(help="A name from `automask models`, or a path.")] = "tiny",
    arch: Annotated[
        str | None, typer.Option(help="Architecture of a checkpoint given by path.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    limit: Annotated[int | None, typer.Option(help="Only the first N images.")] = None,
) -> None:
    """Measure a model's answers to boxes and points, and its predicted IoU."""
    from automask.config import load_config
    from automask.evaluate.prompts import evaluate_prompts, print_prompt_table
    from automask.labelled.folder import LabelledFolder
    from automask.sam.build import load_model
    from automask.sam.predictor import Prompter

    settings = load_config(None, {"input": images, "output": Path("."), "limit": limit})
    folder = LabelledFolder(settings, masks)
    prompter = Prompter(load_model(model, device, arch))
    print_prompt_table(make_console(), evaluate_prompts(prompter, folder, make_console()))
