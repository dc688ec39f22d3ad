"""The command `automask tune`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automask.show.console import make_console


def tune_command(
    masked: Annotated[
        Path,
        typer.Argument(
            metavar="MASKED_FOLDER", help="Output folder with reviewed masks/ or trimaps/."
        ),
    ],
    out: Annotated[Path, typer.Option(help="File for the new weights, .safetensors.")],
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of the photographs.  (default: MASKED_FOLDER/images)"),
    ] = None,
    model: Annotated[str, typer.Option(help="A name from `automask models`, or a path.")] = "tiny",
    arch: Annotated[
        str | None, typer.Option(help="Architecture of a checkpoint given by path.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    steps: Annotated[
        int, typer.Option(min=1, help="Largest number of steps; stops early when nothing improves.")
    ] = 300,
    hold_out: Annotated[float, typer.Option(help="Share of the photographs to measure on.")] = 0.2,
    foreground: Annotated[int, typer.Option(help="Label of the foreground in the trimaps.")] = 1,
    truth: Annotated[
        Path | None,
        typer.Option(help="True masks, <stem>.png, of photographs to hold out and measure on."),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the processor.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of views and prompts.")] = 0,
) -> None:
    """Adapt a model to your own reviewed masks; start with 20 of one kind.

    First correct wrong results in the folder, or `automask reject` them. Ctrl-C keeps the best
    state so far.
    """
    import torch

    from automask.config import load_config
    from automask.system.files import refuse_unwritable
    from automask.tuning.fit import FitConfig
    from automask.tuning.reviewed import hold_out as split
    from automask.tuning.reviewed import hold_out_true, load_reviewed
    from automask.tuning.tune import SUFFIX, print_before_after, tune

    refuse_unwritable(out, "--out", SUFFIX)
    console = make_console()
    flags = {"input": images or masked, "output": out.parent, "model": model, "arch": arch}
    config = load_config(None, {**flags, "device": device})
    if threads is not None:
        torch.set_num_threads(threads)
    reviewed = load_reviewed(masked, images, foreground, truth)
    if reviewed.without_mask:
        console.print(f"{reviewed.without_mask} photographs have no mask and are left out")
    if reviewed.rejected:
        console.print(f"{reviewed.rejected} photographs are rejected and left out")
    if reviewed.unseen:
        console.print(
            f"learning from the {len(reviewed.pairs)} masks that people reviewed; the other "
            f"{reviewed.unseen} are the machine's own"
        )
    if truth is None:
        learn, held_out = split(reviewed.pairs, hold_out)
    else:
        learn, held_out = hold_out_true(reviewed, hold_out)
    fit_config = FitConfig(steps=steps, seed=seed)
    print_before_after(console, tune(config, learn, held_out, out, fit_config, console))
