"""What every training run has: an average of its weights, means of its losses, a curve."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from torch import Tensor


def ema(decay: float) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Exponential average that starts fast, so that early validation means something."""

    def average(mean: Tensor, new: Tensor, seen: Tensor) -> Tensor:
        if not mean.is_floating_point():
            return new
        rate = min(decay, (1 + float(seen)) / (10 + float(seen)))
        return mean.lerp(new, 1 - rate)

    return average


class Recent:
    """Means of the losses since the last report."""

    def __init__(self) -> None:
        self.terms: list[dict[str, float]] = []
        self.since = time.monotonic()  # of the last report

    def add(self, terms: dict[str, float]) -> None:
        self.terms.append(terms)

    def flush(self) -> dict[str, float]:
        names = self.terms[0]
        means = {f"loss_{n}": sum(t[n] for t in self.terms) / len(self.terms) for n in names}
        means["seconds_per_step"] = (time.monotonic() - self.since) / len(self.terms)
        self.terms, self.since = [], time.monotonic()
        return means


def forget_after(step: int, curve: Path) -> None:
    """Drops the lines of a part of the run that is done again."""
    if not curve.exists():
        return
    head, *lines = curve.read_text().splitlines(keepends=True)
    curve.write_text(head + "".join(line for line in lines if int(line.split(",")[0]) <= step))
