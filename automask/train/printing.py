"""A training on the console: what is learned from, each round, and what came of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from automask.show.console import shown
from automask.show.grid import Grid, print_grid, print_lines
from automask.system.signals import listen_for_signals
from automask.train.extra import require_training_packages
from automask.train.settings import TrainConfig

if TYPE_CHECKING:
    from rich.console import Console

    from automask.train.loop import Round
    from automask.train.prepare import Prepared
    from automask.train.train import Result

SHOWN_REASONS = 5


def train_and_print(
    console: Console, config: TrainConfig, sizes: tuple[int, ...], seeds: int, overwrite: bool
) -> None:
    """Trains one student, or one of each size and seed, and prints it."""
    require_training_packages()
    from automask.train.learning_curve import learning_curve, print_learning_curve
    from automask.train.prepare import prepare_training
    from automask.train.train import train

    def on_round(row: Round) -> None:
        console.print(
            f"step {row.step}, pass {row.epoch:.1f}: loss {row.loss:.4f}, validation "
            f"{row.figure:.4f}, {row.seconds:.0f} s"
        )

    with listen_for_signals() as stop:
        prepared = prepare_training(config)
        _print_start(console, prepared)
        if sizes or seeds > 1:
            every = sizes or (len(prepared.learned),)
            print_learning_curve(
                console, learning_curve(prepared, every, seeds, stop, on_round, overwrite)
            )
            return
        print_result(console, train(prepared, stop, on_round, overwrite))


def _print_start(console: Console, prepared: Prepared) -> None:
    sides = ", ".join(f"{side} {len(names)}" for side, names in prepared.split().items() if names)
    config = prepared.config
    console.print(f"{config.net.arch} on {config.net.encoder}, {prepared.device}: {sides}")
    reasons = Counter(reason for _, reason in prepared.left_out)
    print_lines(
        console,
        [f"left out, {count}: {reason}" for reason, count in reasons.most_common(SHOWN_REASONS)],
    )


def print_result(console: Console, result: Result) -> None:
    """The figures of each side, and where the student is."""
    if result.was_there:
        console.print("it had been trained already")
    names = sorted({name for row in result.figures.values() for name in row} - {"images"})
    rows = tuple(
        (side, str(row["images"]), *(f"{row[name]:.3f}" if name in row else "-" for name in names))
        for side, row in result.figures.items()
    )
    print_grid(console, Grid(("side", "photographs", *names), rows))
    console.print(f"{result.steps} steps, {result.seconds:.0f} s")
    console.print(f"written: {shown(str(result.file))}")
