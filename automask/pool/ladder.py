"""What is given up, one step at a time, where memory runs short; never the resolution or the model.

    smaller point blocks -> fewer images at once -> the CPU instead of the GPU

A run stays on the step on which an image succeeded that the step before was too much for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from automask.pool.crew import Crew

AT_LEAST = 8  # of the workers, one in so many goes in a step: all of 64 one by one would take long
BLOCK_SHARES = (2, 4)  # point blocks of a half and a quarter; below, the image itself is the most


@dataclass(frozen=True)
class Rung:
    """How much is worked on at once."""

    device: str
    processes: int
    at_once: int  # images in the hands of one process
    threads: int  # of each process
    batch_divisor: int = 1  # blocks of points are smaller by this
    steps: tuple[str, ...] = ()  # what was given up to come here, in words


class Ladder:
    """The rungs, and the one that the run stands on."""

    def __init__(self, rungs: tuple[Rung, ...]) -> None:
        self._rungs = rungs
        self._at = 0

    @property
    def rung(self) -> Rung:
        return self._rungs[self._at]

    def step_down(self, from_rung: Rung) -> bool:
        """One step below `from_rung`, unless the run stands there already; False: there is none."""
        at = self._rungs.index(from_rung) + 1
        if at == len(self._rungs):
            return False
        self._at = max(self._at, at)
        return True

    def back_to(self, rung: Rung) -> None:
        """Takes back steps that did not help."""
        self._at = self._rungs.index(rung)


def make_ladder(device: str, crew: Crew, cores: int) -> Ladder:
    """The rungs of a run. On a CPU each worker is a process with one image in hand, around a GPU
    one process has an image in hand for each worker.
    """
    if device == "cpu":
        return Ladder(_told(_on_cpu(Rung("cpu", crew.workers, 1, crew.threads))))
    first = Rung(device, 1, crew.workers, crew.threads)
    blocks = _smaller_blocks(first)
    fewer = [replace(blocks[-1], at_once=n) for n in range(crew.workers - 1, 0, -1)]
    threads = min(crew.threads, cores)
    last_resort = _on_cpu(Rung("cpu", max(1, cores // threads), 1, threads))
    return Ladder(_told([*blocks, *fewer, *last_resort]))


def _on_cpu(first: Rung) -> list[Rung]:
    rungs = _smaller_blocks(first)
    while rungs[-1].processes > 1:
        fewer = max(1, rungs[-1].processes // AT_LEAST)
        rungs.append(replace(rungs[-1], processes=rungs[-1].processes - fewer))
    return rungs


def _smaller_blocks(first: Rung) -> list[Rung]:
    return [first, *(replace(first, batch_divisor=share) for share in BLOCK_SHARES)]


def _told(rungs: list[Rung]) -> tuple[Rung, ...]:
    """The rungs, each with the words of all steps above it."""
    told = [rungs[0]]
    for above, below in pairwise(rungs):
        told.append(replace(below, steps=(*told[-1].steps, _words(above, below))))
    return tuple(told)


def _words(above: Rung, below: Rung) -> str:
    if above.device != below.device:
        return f"{below.device} instead of {above.device}"
    if above.batch_divisor != below.batch_divisor:
        return f"point blocks of 1/{below.batch_divisor}"
    if above.at_once != below.at_once:
        return f"{below.at_once} at once instead of {above.at_once}"
    return f"{below.processes} workers instead of {above.processes}"
