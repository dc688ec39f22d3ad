"""The command `automask bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automask.bench.generators import GENERATORS
from automask.commands.options import Json


def bench_command(
    models: Annotated[
        str | None, typer.Option(help="Names of `automask models`, or paths.  (default: tiny)")
    ] = None,
    devices: Annotated[
        str | None,
        typer.Option(help="Of auto,cpu,cuda,cuda:N,mps.  (default: cpu, and the GPU of auto)"),
    ] = None,
    generators: Annotated[
        str | None, typer.Option(help=f"Of {','.join(GENERATORS)}.  (default: all of them)")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder of photographs.  (default: four samples)")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first N images.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Turns that each variant gets.")] = 3,
    workers: Annotated[int | None, typer.Option(help="Images at once.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of each worker on a CPU.")] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Folder to look for checkpoints in first.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with any setting.")] = None,
    random_weights: Annotated[
        bool,
        typer.Option("--random-weights", help="Time checkpoints that are not here all the same."),
    ] = False,
    json: Json = None,
    picture: Annotated[
        Path | None, typer.Option(help="File for a picture, .png or .svg; both are written.")
    ] = None,
) -> None:
    """Measure how fast this machine masks: models, devices, generators.

    Warm-up apart, in turns, end to end, with what becomes of the masks.
    """
    from automask.bench.bench import bench
    from automask.bench.picture import SUFFIXES, write_picture
    from automask.bench.report import write_json
    from automask.bench.table import print_report
    from automask.bench.variants import Options
    from automask.runs.progress import shown
    from automask.show.console import console_beside, split_names
    from automask.system.files import refuse_unwritable

    if json is not None:
        refuse_unwritable(json, "--json")
    if picture is not None:
        refuse_unwritable(picture, "--picture", *SUFFIXES)
    console = console_beside(json)
    asked = {"models": models, "devices": devices, "generators": generators}
    lists = {name: tuple(names) for name, text in asked.items() if (names := split_names(text))}
    options = Options(
        **lists,
        images=images,
        limit=limit,
        rounds=rounds,
        workers=workers,
        threads=threads,
        weights=weights,
        config=config,
        random_weights=random_weights,
    )
    report = bench(options, lambda line: console.print(shown(line)))
    if json is not None:
        write_json(json, report)
    if picture is not None:
        write_picture(picture, report)
    print_report(console, report)
    raise typer.Exit(report.exit_code)
