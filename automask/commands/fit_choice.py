"""The command `automask develop fit-choice`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automask.show.console import make_console


def fit_choice_command(
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="Folder of photographs.")],
    masks: Annotated[Path, typer.Argument(metavar="MASKS", help="Their masks, <stem>.png, 0/255.")],
    out: Annotated[Path, typer.Option(help="File for the new weights, .json.")],
    model: Annotated[str, typer.Option(help="A name from `automask models`, or a path.")] = "tiny",
    arch: Annotated[
        str | None, typer.Option(help="Architecture of a checkpoint given by path.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    config: Annotated[Path | None, typer.Option(help="TOML file with any setting.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first N images.")] = None,
    from_nothing: Annotated[
        bool,
        typer.Option(
            "--from-nothing", help="Do not stay near the weights in use; needs many photographs."
        ),
    ] = False,
) -> None:
    """Fit the weights of the choice to your own labelled photographs.

    A run uses them with `[choose] fitted = "FILE"` in its --config.
    """
    from automask.api import proposer_for
    from automask.config import load_config
    from automask.image.scorer import scorer
    from automask.labelled.folder import LabelledFolder
    from automask.system.files import refuse_unwritable
    from automask.tuning.fit_choice import fit_choice, print_fitted, write_scorer

    refuse_unwritable(out, "--out", ".json")
    flags = {"input": images, "output": Path("."), "model": model, "arch": arch, "device": device}
    settings = load_config(config, {**flags, "limit": limit})
    begin = None if from_nothing else scorer(settings.choose.fitted, ())
    folder, console = LabelledFolder(settings, masks), make_console()
    if folder.rejected:
        console.print(f"{len(folder.rejected)} images are rejected and left out")
    fitted = fit_choice(folder, proposer_for(settings), settings, begin, console)
    write_scorer(out, fitted.scorer)
    print_fitted(console, fitted)
