"""A whole tuning: measure, fit, measure again, write the weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from safetensors import SafetensorError
from safetensors.torch import save_file

from automask.config import RunConfig
from automask.errors import OutputError
from automask.evaluate.choice import FromModel, Row, evaluate
from automask.evaluate.prompts import PromptRow, evaluate_prompts
from automask.labelled.folder import Labelled
from automask.proposer import make_proposer
from automask.sam.build import build, tiny_sizes
from automask.sam.device import resolve_device
from automask.sam.predictor import Prompter
from automask.sam.weights import Weights, locate
from automask.show.console import quoted, shown
from automask.system.files import follow_umask, refuse_unwritable
from automask.tiny_training.export import export
from automask.tuning.fit import FitConfig, Look, best_look, fit
from automask.tuning.tunables import make_tunable

SUFFIX = ".safetensors"  # of a file of weights
OWN_IOU = 0.995  # with the mask that a run writes; by chance a mask of another origin has 0.9
SAME = 0.0005  # of a figure: what its three digits do not show is no change


@dataclass(frozen=True)
class Measured:
    """The quality of a model on the held-out pairs."""

    rows: list[Row]
    prompts: list[PromptRow]


@dataclass(frozen=True)
class Tuned:
    """The result of a tuning."""

    learned_from: int  # pairs
    before: Measured
    after: Measured
    looks: list[Look]
    file: Path


def tune(
    config: RunConfig,
    learn: Sequence[Labelled],
    held_out: Sequence[Labelled],
    file: Path,
    fit_config: FitConfig,
    console: Console,
) -> Tuned:
    """Adapt `config.model` to the pairs and write the new weights to `file`.

    The weights of the best evaluation on the held-out pairs are kept; if that is the first, they
    are the initial ones, and the table says so.

    Args:
        config: Of the model and of the runs that measure it.
        learn: The pairs to learn from.
        held_out: The pairs to measure on.
        file: For the new weights.
        fit_config: Steps and seed.
        console: For progress.

    Returns:
        The figures before and after.

    Raises:
        UsageError: The file cannot be written.
    """
    refuse_unwritable(file, "--out", SUFFIX)
    weights = locate(config.model, config.arch, config.weights)
    model = build(weights).to(resolve_device(config.device))
    console.print(f"measuring {len(held_out)} held-out photographs before tuning")
    before = _measure(model, weights, held_out, config, console)
    console.print(f"learning from {len(learn)} photographs")
    tunable = make_tunable(model, weights.checkpoint.family, learn, held_out)
    looks: list[Look] = []

    def seen(look: Look) -> None:
        looks.append(look)
        console.print(f"  step {look.step:4d}  held-out loss {look.loss:.4f}")

    def save() -> None:
        _save(model, weights, file, {"tuned_on": str(len(learn))})

    try:
        fit(tunable, fit_config, seen)
    except KeyboardInterrupt:
        _keep_best(looks, save, file, console)
        raise
    save()  # before it is measured: that takes a while, and may be interrupted too
    after = _measure(model, weights, held_out, config, console)
    return Tuned(len(learn), before, after, looks, file)


def _keep_best(
    looks: Sequence[Look], save: Callable[[], None], file: Path, console: Console
) -> None:
    """What an interrupted tuning leaves: its best state so far, where it has learned anything."""
    if not looks or best_look(list(looks)).step == 0:
        console.print("interrupted before anything was better: no weights were written")
        return
    save()
    console.print(
        f"interrupted after step {looks[-1].step}: the best state so far, of step "
        f"{best_look(list(looks)).step}, is in {shown(str(file))}; it was not measured"
    )


def _measure(
    model: Any, weights: Weights, held_out: Sequence[Labelled], config: RunConfig, console: Console
) -> Measured:
    """Measure the held-out pairs as a run masks them, and by prompts."""
    model.eval().requires_grad_(False)
    proposer = make_proposer(model, weights, config)
    rows = evaluate(config, held_out, console, FromModel(proposer))
    return Measured(rows, evaluate_prompts(Prompter(model), held_out, console))


def _save(model: Any, weights: Weights, file: Path, notes: dict[str, str]) -> None:
    notes = {**notes, "tuned_from": weights.checkpoint.name, "tuned_from_sha256": weights.sha256}
    partial = file.with_name(f".{file.name}.partial")
    try:
        if weights.checkpoint.family == "tiny":
            export(model, tiny_sizes(weights.file), partial, notes)
        else:
            state = {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
            save_file(state, partial, {"arch": weights.checkpoint.name, **notes})
        follow_umask(partial)
        partial.replace(file)
    except (OSError, SafetensorError, ValueError) as error:
        raise OutputError(f"cannot write {file}: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


def print_before_after(console: Console, tuned: Tuned) -> None:
    """Print the held-out figures before and after, their worth, and where the weights are."""
    compared = _compared(tuned.before, tuned.after)
    table = Table("held-out photographs", "before", "after", "change", box=None)
    for name, before, after in compared:
        table.add_row(name, f"{before:.3f}", f"{after:.3f}", f"{after - before:+.3f}")
    console.print(table)
    best = best_look(tuned.looks)
    console.print(
        f"learned from {tuned.learned_from}, measured on {len(tuned.before.rows)}; kept step "
        f"{best.step} of {tuned.looks[-1].step}"
    )
    fell = [name for name, before, after in compared if after < before - SAME]
    for line in _verdict(tuned, best.step, fell):
        console.print(line)


def _verdict(tuned: Tuned, best_step: int, fell: Sequence[str]) -> list[str]:
    """Whether to use the new weights, judged by the held-out pairs."""
    file, own = shown(str(tuned.file)), count_own(tuned.before.rows)
    if 2 * own > len(tuned.before.rows):
        return [
            f"{own} of {len(tuned.before.rows)} held-out masks are this model's own, as it draws "
            "them today: against them no other model can be better, and the table cannot show a "
            "gain",
            "measure on masks that a person drew or mended: --truth DIR",
            f"the new weights are in {file}",
        ]
    if best_step == 0:
        return [
            "nothing improved the held-out photographs: the weights stay as they were, in "
            f"{file} too"
        ]
    if fell:
        return [
            f"lower than before: {', '.join(fell)}",
            f"look at masks of both before you choose; the new weights are in {file}",
        ]
    return [f"use it: --model {quoted(tuned.file)}"]


def count_own(rows: Sequence[Row]) -> int:
    """Held-out masks that the model itself had made: no other model agrees so well with any."""
    return sum(row.final >= OWN_IOU for row in rows)


def _compared(before: Measured, after: Measured) -> list[tuple[str, float, float]]:
    def both(name: str, mean: Callable[[Measured], float]) -> tuple[str, float, float]:
        return name, mean(before), mean(after)

    return [
        both("chosen mask, IoU", lambda m: _mean(m.rows, "final")),
        both("chosen mask, boundary F", lambda m: _mean(m.rows, "boundary")),
        both("best proposal, IoU", lambda m: _mean(m.rows, "oracle")),
        both("box prompt, IoU", lambda m: _mean(m.prompts, "box")),
        both("point prompt, IoU", lambda m: _mean(m.prompts, "point")),
    ]


def _mean(rows: Sequence[Row] | Sequence[PromptRow], field: str) -> float:
    return float(np.mean([getattr(row, field) for row in rows]))
