"""The command `automask develop eval-choice`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automask.commands.options import speed_flags
from automask.show.console import make_console


def eval_choice_command(
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="Folder of photographs.")],
    masks: Annotated[Path, typer.Argument(metavar="MASKS", help="Their masks, <stem>.png, 0/255.")],
    model: Annotated[str, typer.Option(help="A name from `automask models`, or a path.")] = "tiny",
    arch: Annotated[
        str | None, typer.Option(help="Architecture of a checkpoint given by path.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    config: Annotated[Path | None, typer.Option(help="TOML file with any setting.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first N images.")] = None,
    every: Annotated[int, typer.Option(min=1, help="Only every K-th image.")] = 1,
    csv: Annotated[
        Path | None, typer.Option(help="Write a line for each image to this file.")
    ] = None,
    made_up: Annotated[
        bool,
        typer.Option("--made-up", help="Use synthetic proposals from the true masks."),
    ] = False,
    parts: Annotated[
        bool,
        typer.Option("--parts", help="With --made-up: propose the object's parts, not the object."),
    ] = False,
    studio: Annotated[
        bool, typer.Option("--studio", help="Set each object on a studio backdrop first.")
    ] = False,
    generator: Annotated[str | None, typer.Option(help="fast or stock.")] = None,
    points: Annotated[str | None, typer.Option(help="guided, few or full, see run.")] = None,
    exact: Annotated[bool, typer.Option("--exact", help="See run.")] = False,
) -> None:
    """Measure the choice of the primary object against true masks."""
    from automask.api import proposer_for
    from automask.config import load_config
    from automask.evaluate.choice import FromModel, FromTruth, evaluate, print_table, write_csv
    from automask.labelled.folder import LabelledFolder
    from automask.system.files import refuse_unwritable

    if csv is not None:
        refuse_unwritable(csv, "--csv")
    flags = {"input": images, "output": Path("."), "model": model, "arch": arch, "device": device}
    speed = {"generator": generator, **speed_flags(points, exact)}
    settings = load_config(config, {**flags, **speed, "limit": limit})
    folder = LabelledFolder(settings, masks, studio, every)
    proposer = proposer_for(settings)
    made = made_up or parts
    source = FromTruth(proposer, has_whole=not parts) if made else FromModel(proposer)
    rows = evaluate(settings, folder, make_console(), source)
    print_table(make_console(), rows)  # first, so that a full disk does not lose it
    if csv is not None:
        write_csv(csv, rows)
