"""The command `automask eval`."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from automask.commands.options import Json

if TYPE_CHECKING:
    from rich.console import Console

    from automask.evaluate.evaluation import Options
    from automask.evaluate.output import Files


class Contour(str, Enum):
    """What the contour of a trimap counts as."""

    background = "background"
    foreground = "foreground"
    ignore = "ignore"


def eval_command(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="PREDICTED TRUTH",
            help="Folder of masks, or an output, then the true masks; or several with --truth.",
        ),
    ],
    truth_folder: Annotated[
        Path | None,
        typer.Option("--truth", help="True masks that each PREDICTED is held against."),
    ] = None,
    predicted_values: Annotated[
        str | None,
        typer.Option(help="FOREGROUND, BACKGROUND, CONTOUR, or levels.  (default: inferred)"),
    ] = None,
    truth_values: Annotated[str | None, typer.Option(help="The same for the true masks.")] = None,
    contour: Annotated[
        Contour,
        typer.Option(
            metavar="KIND",
            help="What the contour of a trimap counts as: background, foreground or ignore.",
        ),
    ] = Contour.background,
    objects: Annotated[
        bool,
        typer.Option(
            "--objects", help="Both are object maps: count objects found, split and merged."
        ),
    ] = False,
    skip_missing: Annotated[
        bool,
        typer.Option(
            "--skip-missing",
            help="Leave out images without a prediction, instead of counting them as empty.",
        ),
    ] = False,
    scores: Annotated[
        Path | None, typer.Option(help="Folder of 8-bit probability maps, for AUROC and MAE.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder of the photographs, shown with the worst.")
    ] = None,
    max_pixels: Annotated[
        int | None,
        typer.Option(help="Larger masks are errors.  (as the run had it, else 160000000)"),
    ] = None,
    json: Json = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write a line for each image to this file.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with everything, .html.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Write a picture of the 20 worst, .png.")
    ] = None,
) -> None:
    """Compare a folder of masks with true masks, whoever made them.

    Files match by relative path without extension. With `--truth` several folders give one table
    with intervals. For an output of automask, the calibration of
    its confidence and flags is reported too.
    """
    from rich.progress import track

    from automask.evaluate.evaluation import Options, evaluate
    from automask.evaluate.output import Files, write_files
    from automask.evaluate.table import print_report
    from automask.show.console import console_beside, shown

    files = Files(json, csv, html, picture)
    files.refuse_unwritable()
    console = console_beside(json)
    outputs, truth = sides(folders, truth_folder)
    if objects:
        _refuse_beside_objects(
            outputs, (predicted_values, truth_values, scores, images, html, picture)
        )
        code = _eval_objects(console, outputs[0], truth, skip_missing, max_pixels, files)
        raise typer.Exit(code)
    options = Options(
        predicted=outputs[0],
        truth=truth,
        predicted_values=predicted_values,
        truth_values=truth_values,
        contour=contour.value,
        skip_missing=skip_missing,
        scores=scores,
        images=images,
        max_pixels=max_pixels,
    )
    if len(outputs) > 1:
        raise typer.Exit(_eval_several(console, outputs, options, files))
    hidden = not console.is_terminal
    report = evaluate(
        options,
        lambda outcomes, total: track(
            outcomes, "evaluating", total, console=console, disable=hidden
        ),
    )
    print_report(console, report)
    for file in write_files(files, report):
        console.print(f"written: {shown(str(file))}")
    raise typer.Exit(report.exit_code)


def sides(folders: list[Path], truth: Path | None) -> tuple[list[Path], Path]:
    """What is predicted, and the true masks.

    Args:
        folders: The arguments: PREDICTED TRUTH, or any number of PREDICTED with `--truth`.
        truth: The value of `--truth`.

    Raises:
        UsageError: Neither form fits.
    """
    from automask.errors import UsageError

    if truth is not None:
        return folders, truth
    if len(folders) != 2:
        raise UsageError("name PREDICTED and TRUTH, or several PREDICTED with --truth FOLDER")
    return folders[:1], folders[1]


def _refuse_beside_objects(outputs: list[Path], beside: tuple[object, ...]) -> None:
    from automask.errors import UsageError

    if len(outputs) > 1 or any(option is not None for option in beside):
        raise UsageError("with --objects go --skip-missing, --json and --csv alone, and one output")


def _eval_several(console: Console, outputs: list[Path], options: Options, files: Files) -> int:
    """One table of several outputs, and its files; gives the exit code."""
    from automask.errors import UsageError
    from automask.evaluate.several import (
        evaluate_several,
        several_grid,
        write_several_json,
        write_sheet,
    )
    from automask.show.grid import print_grid

    if options.scores is not None or files.csv is not None or files.html is not None:
        raise UsageError("with several outputs go --json and --picture; --scores are their own")
    several = evaluate_several(outputs, options)
    print_grid(console, several_grid(several))
    if files.json is not None:
        write_several_json(files.json, several)
    if files.picture is not None:
        write_sheet(files.picture, several)
    return several.exit_code


def _eval_objects(
    console: Console,
    predicted: Path,
    truth: Path,
    skip_missing: bool,
    max_pixels: int | None,
    files: Files,
) -> int:
    """Compares maps of objects, prints and writes what is found, and gives the exit code."""
    from rich.progress import track

    from automask.evaluate import object_report as of_objects

    hidden = not console.is_terminal
    report = of_objects.evaluate_objects(
        predicted,
        truth,
        skip_missing,
        lambda outcomes, total: track(
            outcomes, "evaluating", total, console=console, disable=hidden
        ),
        max_pixels,
    )
    of_objects.print_object_report(console, report)
    if files.json is not None:
        of_objects.write_object_json(files.json, report)
    if files.csv is not None:
        of_objects.write_object_csv(files.csv, report)
    return report.exit_code
