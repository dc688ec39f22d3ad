"""The command `automask bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automask.bench.generators import GENERATORS
from automask.commands.options import Json


def bench_command(
    models: Annotated[
        str | None, typer.Option(help="Names from `automask models`, or paths.  (default: tiny)")
    ] = None,
    devices: Annotated[
        str | None,
        typer.Option(help="auto, cpu, cuda, cuda:N, mps, by commas.  (default: cpu, and the GPU)"),
    ] = None,
    generators: Annotated[
        str | None, typer.Option(help=f"{', '.join(GENERATORS)}, by commas.  (default: all)")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Folder of photographs.  (default: four samples)")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first N images.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each variant.")] = 3,
    workers: Annotated[int | None, typer.Option(help="Images masked at once.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of each worker on a CPU.")] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Folder to search for checkpoints first.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with any setting.")] = None,
    random_weights: Annotated[
        bool,
        typer.Option("--random-weights", help="Time missing checkpoints with random weights."),
    ] = False,
    json: Json = None,
    picture: Annotated[
        Path | None, typer.Option(help="Write a chart, .png or .svg; both are written.")
    ] = None,
) -> None:
    """Measure how fast this machine masks: models, devices, generators.

    Variants take turns, end to end, without warm-up; their masks are compared.
    """
    from automask.bench.bench import bench
    from automask.bench.picture import SUFFIXES, write_picture
    from automask.bench.report import write_json
    from automask.bench.table import print_report
    from automask.bench.variants import Options
    from automask.show.console import console_beside, shown, split_names
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
