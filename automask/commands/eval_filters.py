"""The command `automask develop eval-filters`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def eval_filters_command(
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="Folder of photographs.")],
    masks: Annotated[Path, typer.Argument(metavar="MASKS", help="Their masks, <stem>.png, 0/255.")],
    model: Annotated[str, typer.Option(help="A name from `automask models`, or a path.")] = "tiny",
    arch: Annotated[
        str | None, typer.Option(help="Architecture of a checkpoint given by path.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    every: Annotated[int, typer.Option(min=1, help="Only every K-th image.")] = 1,
    limit: Annotated[int | None, typer.Option(help="Only the first N images.")] = None,
) -> None:
    """Measure what each proposal filter costs: masks left, best IoU.

    Slow, because the stock generator enlarges every mask of every point.
    """
    from automask.api import proposer_for
    from automask.config import load_config
    from automask.evaluate.filters import evaluate, print_table
    from automask.labelled.folder import LabelledFolder
    from automask.sam.build import load_model
    from automask.sam.device import dtype_of
    from automask.show.console import make_console

    flags = {"input": images, "output": Path("."), "model": model, "arch": arch, "device": device}
    settings = load_config(None, {**flags, "limit": limit})
    folder, console = LabelledFolder(settings, masks, every=every), make_console()
    loaded = load_model(model, device, arch)
    dtype = dtype_of(settings.precision, next(loaded.parameters()).device)
    proposer = proposer_for(settings)
    rows = evaluate(folder, loaded, proposer, dtype, console)
    console.print(f"{len(folder)} photographs, {settings.model}")
    print_table(console, rows)
