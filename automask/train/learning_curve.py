"""How many images are needed: students of several sizes, each with several seeds."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from automask.errors import UsageError
from automask.show.console import shown
from automask.show.grid import Grid, print_grid
from automask.system.files import write_bytes, write_text
from automask.system.signals import Stop
from automask.train.files import FILE
from automask.train.loop import Round
from automask.train.prepare import Prepared
from automask.train.sides import first_ones
from automask.train.train import CARD, SPLIT, Result, train

if TYPE_CHECKING:
    from rich.console import Console

TABLE, PICTURE = "sizes.json", "sizes.png"
OnRound = Callable[[Round], None]


@dataclass(frozen=True)
class SizeFigures:
    """The students of one size."""

    images: int  # to learn from
    figures: tuple[float, ...]  # of each seed
    seconds: tuple[float, ...]

    @property
    def mean(self) -> float:
        return float(np.mean(self.figures))

    @property
    def deviation(self) -> float:
        """Between seeds; 0 where there is one."""
        return float(np.std(self.figures, ddof=1)) if len(self.figures) > 1 else 0.0


@dataclass(frozen=True)
class LearningCurve:
    """What `--sizes` came to."""

    folder: Path
    figure: str  # iou or ap50
    side: str  # that it is measured on: test, or val where there is none
    sizes: tuple[SizeFigures, ...]
    best: Path


def learning_curve(
    prepared: Prepared,
    sizes: Sequence[int],
    seeds: int,
    stop: Stop,
    on_round: OnRound,
    overwrite: bool = False,
) -> LearningCurve:
    """Trains each size with each seed, in `OUT/size-N-seed-S`, and writes table and picture.

    The split is that of the first seed throughout: only which of its photographs are learned from,
    their order and their views differ. The best student of the largest size is copied to OUT.
    """
    _refuse_more(sizes, len(prepared.learned))
    config = prepared.config
    rows, results = [], []
    for size in sizes:
        every = [_seeded(prepared, size, config.seed + seed) for seed in range(seeds)]
        results = [train(one, stop, on_round, overwrite) for one in every]
        rows.append(_figures(size, results))
    best = max(results, key=_figure)
    for name in (FILE, CARD, SPLIT):
        shutil.copyfile(best.file.parent / name, config.out / name)
    side, figure = _measured(best)
    curve = LearningCurve(config.out, figure, side, tuple(rows), config.out / FILE)
    write_text(config.out / TABLE, json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    write_bytes(config.out / PICTURE, picture(curve))
    return curve


def sentences(curve: LearningCurve) -> list[str]:
    """From 161 to 711 images: 0.03 IoU more."""
    name = {"iou": "IoU", "ap50": "AP50"}[curve.figure]
    said = []
    for less, more in zip(curve.sizes, curve.sizes[1:], strict=False):
        gain = more.mean - less.mean
        word = "more" if gain >= 0 else "less"
        noise = float(np.hypot(less.deviation, more.deviation))
        doubt = "" if len(more.figures) > 1 and abs(gain) > noise else _doubt(more)
        said.append(
            f"from {less.images} to {more.images} images: {abs(gain):.3f} {name} {word}{doubt}"
        )
    return said


def picture(curve: LearningCurve) -> bytes:
    """The curve as PNG: a dot for each size, a bar from one deviation below to one above."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.add_subplot()
    images = [row.images for row in curve.sizes]
    means, deviations = [r.mean for r in curve.sizes], [r.deviation for r in curve.sizes]
    axes.errorbar(images, means, yerr=deviations, marker="o", capsize=4)
    for row in curve.sizes:
        words = f"{np.mean(row.seconds):.0f} s"
        axes.annotate(words, (row.images, row.mean), (4, -12), textcoords="offset points")
    axes.set_xscale("log")
    axes.margins(0.12)
    axes.set_xticks(images, [str(count) for count in images])
    axes.minorticks_off()
    axes.set_xlabel("photographs learned from")
    axes.set_ylabel(f"{curve.side} {curve.figure}")
    axes.grid(visible=True, alpha=0.3)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=120)
    return data.getvalue()


def print_learning_curve(console: Console, curve: LearningCurve) -> None:
    """The table, the sentences, and where the files are."""
    rows = tuple(
        (
            str(row.images),
            f"{row.mean:.3f}",
            f"{row.deviation:.3f}" if len(row.figures) > 1 else "-",
            f"{np.mean(row.seconds):.0f}",
        )
        for row in curve.sizes
    )
    heads = ("images", f"{curve.side} {curve.figure}", "between seeds", "seconds")
    print_grid(console, Grid(heads, rows))
    for sentence in sentences(curve):
        console.print(sentence)
    for file in (curve.folder / PICTURE, curve.folder / TABLE, curve.best):
        console.print(f"written: {shown(str(file))}")


def _refuse_more(sizes: Sequence[int], most: int) -> None:
    if max(sizes) > most:
        raise UsageError(
            f"--sizes {max(sizes)} is more than the {most} photographs to learn from that the "
            "split leaves"
        )


def _seeded(prepared: Prepared, size: int, seed: int) -> Prepared:
    """So many photographs, chosen, ordered and shown by another seed; the same split."""
    out = prepared.config.out / f"size-{size:05d}-seed-{seed}"
    config = prepared.config.model_copy(update={"limit": size, "seed": seed, "out": out})
    learned = tuple(first_ones(prepared.learned, size, seed))
    return replace(prepared, config=config, learned=learned)


def _figures(size: int, results: Sequence[Result]) -> SizeFigures:
    return SizeFigures(
        size, tuple(map(_figure, results)), tuple(result.seconds for result in results)
    )


def _figure(result: Result) -> float:
    side, figure = _measured(result)
    return float(result.figures[side][figure])


def _measured(result: Result) -> tuple[str, str]:
    side = "test" if "test" in result.figures else "val"
    return side, "ap50" if "ap50" in result.figures[side] else "iou"


def _doubt(row: SizeFigures) -> str:
    return ", no more than seeds differ" if len(row.figures) > 1 else ""
