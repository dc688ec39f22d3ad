"""What choosing costs by the number of proposals: `python benchmarks/thousand.py`.

Prints the median milliseconds, of processor time, of the evidence, of the choice, and of what it
costs to look for parts before, for 10, 100 and 1000 made-up discs, in a photograph of noise, at the
size that a model proposes at. With OMP_NUM_THREADS=1 it is the time of one core.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median

import numpy as np
from rich.console import Console
from rich.table import Table

from automask.config import ChooseConfig
from automask.image.choose import choose
from automask.image.evidence import evidence
from automask.image.merge import merged
from automask.records import Proposal, Scene

COUNTS = (10, 100, 1000)
HEIGHT, WIDTH = 192, 256  # px of the masks, and of the photograph
REPEATS = 15


def main() -> None:
    random = np.random.default_rng(0)
    proposals = [_disc(random) for _ in range(max(COUNTS))]
    scene = Scene(
        image=random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8),
        saliency=random.random((HEIGHT, WIDTH), np.float32),
    )
    table = Table("proposals", "evidence, ms", "choice, ms", "merging, ms", box=None)
    for count in COUNTS:
        some = proposals[:count]
        known = evidence(some, scene)
        times = (
            _milliseconds(lambda some=some: evidence(some, scene)),
            _milliseconds(lambda some=some: choose(some, ChooseConfig(), scene)),
            _milliseconds(partial(merged, some, scene, ChooseConfig(), table=known)),
        )
        table.add_row(str(count), *(f"{ms:.1f}" for ms in times))
    Console().print(table)


def _disc(random: np.random.Generator) -> Proposal:
    """A disc anywhere, as likely small as large."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    row, column, radius = random.uniform((0, 0, 8), (HEIGHT, WIDTH, 80))
    mask = (y - row) ** 2 + (x - column) ** 2 < radius**2
    return Proposal(mask, predicted_iou=random.random(), stability_score=random.random())


def _milliseconds(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return 1000 * median(seconds)


if __name__ == "__main__":
    main()
