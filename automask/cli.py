"""The command line: parse, call one function, print; errors become exit codes here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from automask.bench.command import bench_command
from automask.compare.command import compare_command
from automask.console import make_console, shown, split_names, visible
from automask.errors import EXIT_SIGINT, AutomaskError, Interrupted
from automask.evaluate.command import eval_command
from automask.export.command import export_command
from automask.filters.command import eval_filters_command
from automask.report.command import report_after_run, report_command
from automask.slurm.command import array_command
from automask.status.command import merge_command, status_command
from automask.tabular.command import records_command

EXIT_CODES = (
    "Exit codes: 0 every image has a mask or no object; 1 some images failed; 2 wrong usage, "
    "config or collision; 3 weights missing or not verified; 4 the device is not there; 5 another "
    "run writes there; 130/138/143 interrupted by SIGINT/SIGUSR1/SIGTERM, safe to rerun."
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Masks every photograph of a folder: the primary object, as trimaps to train on.",
    epilog=EXIT_CODES,
    pretty_exceptions_enable=False,
)


@app.command("run", epilog=EXIT_CODES)
def run_command(
    input_folder: Annotated[Path, typer.Argument(metavar="INPUT", help="Folder of photographs.")],
    output_folder: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Folder for results.")],
    model: Annotated[
        str | None, typer.Option(help="A name of `automask models`, or a path.  (default: tiny)")
    ] = None,
    arch: Annotated[
        str | None, typer.Option(help="Architecture of a checkpoint given by path.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Folder to look for checkpoints in first.")
    ] = None,
    stage_weights: Annotated[
        Path | None, typer.Option(help="Folder on the node's own disk for a verified copy.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="auto, cpu, cuda, cuda:N or mps.  (default: auto)")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Images at once.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of each worker on a CPU.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Workers of a Dask cluster instead: tcp://HOST:8786.")
    ] = None,
    retries: Annotated[
        int | None, typer.Option(help="Of an image whose worker process died.  (default: 2)")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(help="Seconds that an image may compute.  (default: 1800)")
    ] = None,
    generator: Annotated[
        str | None, typer.Option(help="fast, or stock: the SAM package's class, untouched.")
    ] = None,
    points: Annotated[
        str | None, typer.Option(help="few: where they matter; full: the whole grid.  (few)")
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="The full grid, all of it computed in float32.")
    ] = False,
    save: Annotated[
        list[str] | None, typer.Option(help="Of trimap,mask,alpha,overlay,cutout.  (trimap)")
    ] = None,
    background: Annotated[
        str | None, typer.Option(help="Of cutouts: white, black, transparent, #rrggbb.  (white)")
    ] = None,
    objects: Annotated[
        str | None, typer.Option(help="primary, all, or a number: at most so many.  (primary)")
    ] = None,
    second_look: Annotated[
        str | None, typer.Option(help="auto: where it pays; always; never.  (default: auto)")
    ] = None,
    smooth: Annotated[
        float | None, typer.Option(help="Blur of the outline, cells of the model's mask.  (0)")
    ] = None,
    contour_px: Annotated[
        int | None, typer.Option(help="Width of the trimap's contour, steps.  (default: 1)")
    ] = None,
    trimap_values: Annotated[
        str | None, typer.Option(help="Foreground,background,contour.  (default: 1,2,3)")
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
) -> None:
    """Mask every image of INPUT into OUTPUT; a rerun does only what is new or changed."""
    from automask.config import load_config
    from automask.prepare import plan_of, prepare
    from automask.progress import make_progress, print_plan, print_start, print_summary
    from automask.runner import execute
    from automask.signals import heard_signals

    flags: dict[str, Any] = {
        "input": input_folder,
        "output": output_folder,
        "model": model,
        "arch": arch,
        "weights": weights,
        "stage_weights": None if dry_run else stage_weights,
        "device": device,
        "workers": workers,
        "threads": threads,
        "scheduler": scheduler,
        "retries": retries,
        "timeout": timeout,
        "generator": generator,
        **_speed_flags(points, exact),
        "save": split_names(",".join(save)) if save else None,
        "keep_extension": keep_extension or None,
        "overwrite": overwrite or None,
        "shard": shard,
        "limit": limit,
        "second_look": {"when": second_look},
        "refine": {"smooth": smooth},
        "trimap": {"contour_px": contour_px, "values": split_names(trimap_values)},
        "cutout": {"background": background},
        "objects": {"wanted": objects},
    }
    console = make_console()
    with heard_signals() as stop:
        prepared = prepare(load_config(config, flags))
        print_start(console, prepared)
        if dry_run:
            print_plan(console, prepared, plan_of(prepared))
            return
        summary = execute(prepared, make_progress(console), stop)
    print_summary(console, summary)
    if report and prepared.shard.is_whole:  # of a job array `automask report` makes one of all
        report_after_run(console, prepared.config.output, prepared.config.input)
    raise typer.Exit(summary.exit_code)


def _speed_flags(points: str | None, exact: bool) -> dict[str, str | None]:
    """--exact is as near to the stock generator as the fast one can be."""
    return {"points": "full", "precision": "float32"} if exact else {"points": points}


@app.command("models")
def models_command(
    weights: Annotated[Path | None, typer.Option(help="Folder to look in first.")] = None,
) -> None:
    """List the checkpoints: family, size, license, and whether each is here and verified."""
    from rich.table import Column, Table

    from automask.sam.checkpoints import CHECKPOINTS
    from automask.sam.weights import check, search_folders

    table = Table(Column("name", no_wrap=True), "family", "size", "license", "state", box=None)
    table.add_column("file", overflow="fold")
    for checkpoint in CHECKPOINTS:
        file, state = check(checkpoint, weights)
        where = shown(str(file)) if file else checkpoint.file
        size = _megabytes(file.stat().st_size if file else checkpoint.size_bytes)
        table.add_row(checkpoint.name, checkpoint.family, size, checkpoint.license, state, where)
    console = make_console()
    console.print(table)
    console.print("looked in, first match wins:")
    for folder in search_folders(weights):
        console.print(f"  {shown(str(folder.absolute()))}")


@app.command("fetch")
def fetch_command(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names of checkpoints.")],
    weights: Annotated[Path | None, typer.Option(help="Folder to put them in.")] = None,
) -> None:
    """Download checkpoints and verify their SHA-256."""
    from automask.sam.weights import fetch

    for name in names:
        file = fetch(name, weights)
        make_console().print(shown(f"{name}: {file}, verified"))


@app.command("eval-choice")
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

    flags = {"input": images, "output": Path("."), "model": model, "arch": arch, "device": device}
    speed = {"generator": generator, **_speed_flags(points, exact)}
    settings = load_config(config, {**flags, **speed, "limit": limit})
    folder = LabelledFolder(settings, masks, studio, every)
    proposer = proposer_for(settings)
    made = made_up or parts
    source = FromTruth(proposer, has_whole=not parts) if made else FromModel(proposer)
    rows = evaluate(settings, folder, make_console(), source)
    if csv is not None:
        write_csv(csv, rows)
    print_table(make_console(), rows)


@app.command("fit-choice")
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


@app.command("eval-prompts")
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


@app.command("tune")
def tune_command(
    masked: Annotated[
        Path,
        typer.Argument(
            metavar="MASKED_FOLDER", help="Reviewed results: masks/ or trimaps/, one a photograph."
        ),
    ],
    out: Annotated[Path, typer.Option(help="File for the new weights, .safetensors.")],
    images: Annotated[
        Path | None, typer.Option(help="The photographs.  (default: MASKED_FOLDER/images)")
    ] = None,
    model: Annotated[str, typer.Option(help="A name of `automask models`, or a path.")] = "tiny",
    arch: Annotated[str | None, typer.Option(help="Architecture of a path.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    steps: Annotated[
        int, typer.Option(min=1, help="At most so many; stops where it helps no more.")
    ] = 300,
    hold_out: Annotated[float, typer.Option(help="Share of the photographs to measure on.")] = 0.2,
    foreground: Annotated[int, typer.Option(help="Foreground's label in the trimaps.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of views and prompts.")] = 0,
) -> None:
    """Adapt a model to your own reviewed masks; 20 of one kind of picture are a good start.

    Delete the results that are wrong, or mend them, and name the folder.
    """
    from automask.config import load_config
    from automask.targets import refuse_unwritable
    from automask.tuning.fit import FitConfig
    from automask.tuning.reviewed import hold_out as split
    from automask.tuning.reviewed import load_reviewed
    from automask.tuning.tune import SUFFIX, print_before_after, tune

    refuse_unwritable(out, "--out", SUFFIX)
    console = make_console()
    flags = {"input": images or masked, "output": out.parent, "model": model, "arch": arch}
    config = load_config(None, {**flags, "device": device})
    pairs, without_mask = load_reviewed(masked, images, foreground)
    if without_mask:
        console.print(f"{without_mask} photographs have no mask and are left out")
    learn, held_out = split(pairs, hold_out)
    fit_config = FitConfig(steps=steps, seed=seed)
    print_before_after(console, tune(config, learn, held_out, out, fit_config, console))


app.command("array")(array_command)
app.command("bench")(bench_command)
app.command("eval")(eval_command)
app.command("report")(report_command)
app.command("compare")(compare_command)
app.command("records")(records_command)
app.command("status")(status_command)
app.command("merge")(merge_command)
app.command("export")(export_command)
app.command("eval-filters")(eval_filters_command)


def main() -> None:
    """Entry point: runs the command and turns errors into messages and exit codes."""
    try:
        app()
    except AutomaskError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except (Interrupted, KeyboardInterrupt) as stop:
        _complain(
            "interrupted; what a run has finished is recorded, run the same command to go on "
            "(without --overwrite, which would begin again); other commands begin again"
        )
        sys.exit(getattr(stop, "exit_code", EXIT_SIGINT))


def _complain(message: str) -> None:
    """The lines of a message are ours; a file's name in it must not reach the terminal as it is."""
    lines = (visible(line) for line in f"automask: {message}".split("\n"))
    print(*lines, sep="\n", file=sys.stderr, flush=True)


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:,.0f} MB"
