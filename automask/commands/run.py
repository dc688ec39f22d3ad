"""The command `automask run`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from automask.commands.options import speed_flags
from automask.commands.report import report_after_run
from automask.show.console import make_unattended_console, split_names

SAME_NAMES = (
    "model", "arch", "weights", "device", "workers", "threads", "scheduler", "retries", "timeout",
    "generator", "shard", "limit", "prompts", "iterations",
)  # fmt: skip


def run_command(
    input_folder: Annotated[Path, typer.Argument(metavar="INPUT", help="Folder of photographs.")],
    output_folder: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Folder for results.")],
    model: Annotated[
        str | None, typer.Option(help="A name from `automask models`, or a path.  (default: tiny)")
    ] = None,
    arch: Annotated[
        str | None, typer.Option(help="Architecture of a checkpoint given by path.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Folder to search for checkpoints first.")
    ] = None,
    stage_weights: Annotated[
        Path | None,
        typer.Option(help="Folder on the node's own disk for a verified copy of the checkpoint."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="auto, cpu, cuda, cuda:N or mps.  (default: auto)")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Images masked at once.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of each worker on a CPU.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Mask on the workers of a Dask cluster: tcp://HOST:8786.")
    ] = None,
    retries: Annotated[
        int | None, typer.Option(help="Retries after a worker crash.  (default: 2)")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(help="Seconds of computing allowed for an image.  (default: 1800)"),
    ] = None,
    generator: Annotated[
        str | None,
        typer.Option(help="fast, or stock: the SAM package's own class.  (default: fast)"),
    ] = None,
    points: Annotated[
        str | None,
        typer.Option(help="guided: by the saliency map; few: sampled; full: the grid.  (guided)"),
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="The whole grid, computed in float32.")
    ] = False,
    save: Annotated[
        list[str] | None,
        typer.Option(help="trimap, mask, alpha, overlay, cutout, by commas.  (default: trimap)"),
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(help="Of cutouts: white, black, transparent, #rrggbb.  (default: white)"),
    ] = None,
    objects: Annotated[
        str | None,
        typer.Option(help="primary, all, or the largest number of objects.  (default: primary)"),
    ] = None,
    second_look: Annotated[
        str | None, typer.Option(help="auto: where it pays off; always; never.  (default: auto)")
    ] = None,
    outline: Annotated[
        str | None,
        typer.Option(help="What draws the outline: auto, refiner, guided, none.  (default: auto)"),
    ] = None,
    smooth: Annotated[
        float | None,
        typer.Option(help="Blur of the outline, cells of the model's mask.  (default: 0)"),
    ] = None,
    contour_px: Annotated[
        int | None, typer.Option(help="Width of the trimap's contour, px.  (default: 1)")
    ] = None,
    trimap_values: Annotated[
        str | None, typer.Option(help="FOREGROUND, BACKGROUND, CONTOUR.  (default: 1,2,3)")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with any setting.")] = None,
    preset: Annotated[
        str | None, typer.Option(help="Settings that belong together: small-objects.")
    ] = None,
    keep_extension: Annotated[
        bool, typer.Option("--keep-extension", help="Name results a.jpg.png, not a.png.")
    ] = False,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Leave out, as .gitignore would.")
    ] = None,
    include: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only what fits one of these.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Mask everything again.")] = False,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Part I of N; off: all.  (default: from the job array)"),
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first N images.")] = None,
    prompts: Annotated[
        Path | None, typer.Option(help="Boxes and points to ask for: CSV, JSON, COCO or YOLO.")
    ] = None,
    iterations: Annotated[
        int | None, typer.Option(help="How often each prompt is asked.  (default: 1)")
    ] = None,
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
    """Mask every image of INPUT into OUTPUT; a rerun does only what is new."""
    given = dict(locals())  # every option by its name
    mask_and_tell(given, settings_of(given))


def mask_and_tell(given: dict[str, Any], settings: dict[str, Any]) -> None:
    """Does the run of a command line, shows how it goes, and exits with its code.

    Args:
        given: Options by their names: how it is told, and where it ends.
        settings: Of the run, by their names in a config file; None: not asked.
    """
    from automask.config import load_config
    from automask.runs.audience import audience, on_terminal
    from automask.runs.prepare import plan_of, prepare
    from automask.runs.progress import print_plan, print_start, print_summary
    from automask.runs.runner import execute
    from automask.system.signals import listen_for_signals

    json, quiet, report = given["json"], given["quiet"], given["report"]
    console = make_unattended_console(json)
    terminal = on_terminal(console, given["verbose"], quiet)
    with audience(terminal, json, given["log_file"], given["on_finish"]) as (watcher, ending):
        with listen_for_signals() as stop:
            prepared = prepare(load_config(given["config"], settings, os.environ))
            if not quiet:
                print_start(console, prepared)
            if given["dry_run"]:
                print_plan(console, prepared, plan_of(prepared))
                return
            summary = execute(prepared, watcher, stop, sys.argv)
        print_summary(console, summary)
        if report and prepared.shard.is_whole:  # an array's report is made by `automask report`
            report_after_run(console, prepared.config.output, prepared.config.input)
        ending.summary = summary
    raise typer.Exit(summary.exit_code)


def settings_of(given: dict[str, Any]) -> dict[str, Any]:
    """The settings, by their names in a config file, that options ask for; None: not asked."""
    same = {name: given[name] for name in SAME_NAMES}
    save, dry_run = given["save"], given["dry_run"]
    return {
        **same,
        "preset": given["preset"],
        "input": given["input_folder"],
        "output": given["output_folder"],
        "stage_weights": None if dry_run else given["stage_weights"],
        **speed_flags(given["points"], given["exact"]),
        "save": split_names(",".join(save)) if save else None,
        "keep_extension": given["keep_extension"] or None,
        "overwrite": given["overwrite"] or None,
        "scan": {"exclude": given["exclude"] or None, "include": given["include"] or None},
        "second_look": {"when": given["second_look"]},
        "refine": {"outline": given["outline"], "smooth": given["smooth"]},
        "trimap": {
            "contour_px": given["contour_px"],
            "values": split_names(given["trimap_values"]),
        },
        "cutout": {"background": given["background"]},
        "objects": {"wanted": given["objects"]},
    }
