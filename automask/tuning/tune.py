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
from automask.runs.progress import shown
from automask.sam.build import build, tiny_sizes
from automask.sam.device import resolve_device
from automask.sam.predictor import Prompter
from automask.sam.weights import Weights, locate
from automask.system.files import refuse_unwritable
from automask.tiny_training.export import export
from automask.tuning.fit import FitConfig, Look, best_look, fit
from automask.tuning.tunables import make_tunable

SUFFIX = ".safetensors"  # of a file of weights


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
    looks = fit(tunable, fit_config, lambda look: _print_look(console, look))
    after = _measure(model, weights, held_out, config, console)
    _save(model, weights, file, {"tuned_on": str(len(learn))})
    return Tuned(len(learn), before, after, looks, file)


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
        partial.replace(file)
    except (OSError, SafetensorError, ValueError) as error:
        raise OutputError(f"cannot write {file}: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


def _print_look(console: Console, look: Look) -> None:
    console.print(f"  step {look.step:4d}  held-out loss {look.loss:.4f}")


def print_before_after(console: Console, tuned: Tuned) -> None:
    """Print the held-out figures before and after, and the file of the new weights."""
    table = Table("held-out photographs", "before", "after", "change", box=None)
    for name, before, after in _compared(tuned.before, tuned.after):
        table.add_row(name, f"{before:.3f}", f"{after:.3f}", f"{after - before:+.3f}")
    console.print(table)
    best = best_look(tuned.looks)
    if best.step == 0:
        console.print("nothing improved the held-out photographs: the weights stay as they were")
    console.print(
        f"learned from {tuned.learned_from}, measured on {len(tuned.before.rows)}; kept step "
        f"{best.step} of {tuned.looks[-1].step}\nuse it: --model {shown(str(tuned.file))}"
    )


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
