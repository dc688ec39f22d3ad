"""The commands that measure and fit the choice, and measure a model's answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automask.commands.speed import speed_flags
from automask.console import make_console


def eval_choice_command(
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="Folder of photographs.")],
    masks: Annotated[Path, typer.Argument(metavar="MASKS", help="Their masks, <stem>.png, 0/255.")],
    model: Annotated[str, typer.Option(help="A name of `automask models`, or a path.")] = "tiny",
    arch: Annotated[str | None, typer.Option(help="Architecture of a path.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    config: Annotated[Path | None, typer.Option(help="TOML file with any setting.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first N images.")] = None,
    every: Annotated[int, typer.Option(min=1, help="Only every so many-th image.")] = 1,
    csv: Annotated[Path | None, typer.Option(help="Also write a line for each image.")] = None,
    made_up: Annotated[
        bool,
        typer.Option("--made-up", help="Make proposals from the true masks, without a model."),
    ] = False,
    parts: Annotated[
        bool, typer.Option("--parts", help="With --made-up: the object in parts, never whole.")
    ] = False,
    studio: Annotated[
        bool, typer.Option("--studio", help="Set each object on a studio backdrop first.")
    ] = False,
    generator: Annotated[str | None, typer.Option(help="fast or stock.")] = None,
    points: Annotated[str | None, typer.Option(help="few or full, see run.")] = None,
    exact: Annotated[bool, typer.Option("--exact", help="See run.")] = False,
) -> None:
    """Measure rules of choice against true masks: ours, argmax of score, largest, oracle."""
    from automask.api import proposer_for
    from automask.config import load_config
    from automask.eval_choice import FromModel, FromTruth, evaluate, print_table, write_csv
    from automask.labelled import LabelledFolder
    from automask.targets import refuse_unwritable

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
    print_table(make_console(), rows)  # first: it is not lost with a disk that is full
    if csv is not None:
        write_csv(csv, rows)


def fit_choice_command(
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="Folder of photographs.")],
    masks: Annotated[Path, typer.Argument(metavar="MASKS", help="Their masks, <stem>.png, 0/255.")],
    out: Annotated[Path, typer.Option(help="File for the new weights, .json.")],
    model: Annotated[str, typer.Option(help="A name of `automask models`, or a path.")] = "tiny",
    arch: Annotated[str | None, typer.Option(help="Architecture of a path.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    config: Annotated[Path | None, typer.Option(help="TOML file with any setting.")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first N images.")] = None,
    from_nothing: Annotated[
        bool, typer.Option("--from-nothing", help="Do not hold to the weights in use; needs many.")
    ] = False,
) -> None:
    """Fit the evidence's weights to your own kind of picture; 20 labelled photographs will do.

    A run takes them with `[choose] fitted = "FILE"` in its --config.
    """
    from automask.api import proposer_for
    from automask.config import load_config
    from automask.fit_choice import fit_choice, print_fitted, write_scorer
    from automask.image.scorer import scorer
    from automask.labelled import LabelledFolder
    from automask.targets import refuse_unwritable

    refuse_unwritable(out, "--out", ".json")
    flags = {"input": images, "output": Path("."), "model": model, "arch": arch, "device": device}
    settings = load_config(config, {**flags, "limit": limit})
    begin = None if from_nothing else scorer(settings.choose.fitted, ())
    folder, console = LabelledFolder(settings, masks), make_console()
    fitted = fit_choice(folder, proposer_for(settings), settings, begin, console)
    write_scorer(out, fitted.scorer)
    print_fitted(console, fitted)


def eval_prompts_command(
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="Folder of photographs.")],
    masks: Annotated[Path, typer.Argument(metavar="MASKS", help="Their masks, <stem>.png, 0/255.")],
    model: Annotated[str, typer.Option(help="A name of `automask models`, or a path.")] = "tiny",
    arch: Annotated[str | None, typer.Option(help="Architecture of a path.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    limit: Annotated[int | None, typer.Option(help="Only the first N images.")] = None,
) -> None:
    """Measure a model's answers to boxes and points, and how honest its predicted IoU is."""
    from automask.config import load_config
    from automask.eval_prompts import evaluate_prompts, print_prompt_table
    from automask.labelled import LabelledFolder
    from automask.sam.build import load_model
    from automask.sam.predictor import Prompter

    settings = load_config(None, {"input": images, "output": Path("."), "limit": limit})
    folder = LabelledFolder(settings, masks)
    prompter = Prompter(load_model(model, device, arch))
    print_prompt_table(make_console(), evaluate_prompts(prompter, folder, make_console()))
