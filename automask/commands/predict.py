"""The command `automask predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from automask.commands.run import mask_and_tell
from automask.show.console import split_names

SAME_NAMES = ("weights", "device", "workers", "threads", "scheduler", "shard", "limit")


def predict_command(
    student: Annotated[
        Path, typer.Argument(metavar="STUDENT", help="Folder or file of `automask train`.")
    ],
    input_folder: Annotated[Path, typer.Argument(metavar="INPUT", help="Folder of photographs.")],
    output_folder: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Folder for results.")],
    overlap: Annotated[
        float | None, typer.Option(help="Of tiles, share of their side.  (default: 0.25)")
    ] = None,
    flips: Annotated[
        bool, typer.Option("--flips", help="Average with the mirrored photograph; twice the time.")
    ] = False,
    device: Annotated[
        str | None, typer.Option(help="auto, cpu, cuda, cuda:N or mps.  (default: auto)")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Images masked at once.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of each worker on a CPU.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Mask on the workers of a Dask cluster: tcp://HOST:8786.")
    ] = None,
    save: Annotated[
        list[str] | None,
        typer.Option(
            help="trimap, mask, alpha, overlay, cutout, probability, by commas.  (default: trimap)"
        ),
    ] = None,
    objects: Annotated[
        str | None,
        typer.Option(help="primary, all, or a number.  (primary; of maskrcnn all)"),
    ] = None,
    contour_px: Annotated[
        int | None, typer.Option(help="Width of the trimap's contour, steps.  (default: 1)")
    ] = None,
    trimap_values: Annotated[
        str | None, typer.Option(help="FOREGROUND, BACKGROUND, CONTOUR.  (default: 1,2,3)")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with any setting.")] = None,
    keep_extension: Annotated[
        bool, typer.Option("--keep-extension", help="a.jpg becomes a.jpg.png.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Mask everything again.")] = False,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N", help="Part I of N; off: all.  (default: what a job array says)"
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first N images.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would be done; write nothing.")
    ] = False,
    report: Annotated[
        bool, typer.Option("--report/--no-report", help="Write OUTPUT/report.html at the end.")
    ] = True,
    json: Annotated[
        Path | None,
        typer.Option("--json", help="JSON lines while it goes on, on standard output, or =FILE."),
    ] = None,
    log_file: Annotated[
        Path | None, typer.Option(help="File for a line for each image; goes on after its end.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="A line on the terminal for each image.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Only failures and the summary.")
    ] = False,
    on_finish: Annotated[
        str | None,
        typer.Option(
            metavar="CMD", help="Called when the run ends, its summary as JSON on standard input."
        ),
    ] = None,
) -> None:
    """Mask every image of INPUT with a student.

    With the outputs, records, reruns, shards and report of `automask run`.
    """
    given = {**locals(), "weights": None}  # every option by its name
    from automask.train.extra import require_training_packages

    require_training_packages()
    mask_and_tell(given, settings_of(given))


def settings_of(given: dict[str, Any]) -> dict[str, Any]:
    """The settings of a run, by their names in a config file; None: not asked.

    Args:
        given: The options by their names.
    """
    from automask.train.files import file_of, finds_objects

    file = file_of(given["student"])
    save, wanted = given["save"], given["objects"]
    return {
        **{name: given[name] for name in SAME_NAMES},
        "model": str(file),
        "input": given["input_folder"],
        "output": given["output_folder"],
        "propose": {"settings": {"overlap": given["overlap"], "flips": given["flips"] or None}},
        "save": split_names(",".join(save)) if save else None,
        "keep_extension": given["keep_extension"] or None,
        "overwrite": given["overwrite"] or None,
        "trimap": {
            "contour_px": given["contour_px"],
            "values": split_names(given["trimap_values"]),
        },
        "objects": {"wanted": wanted or ("all" if finds_objects(file) else None)},
    }
