"""Measures the variants of one model side by side, in turns, round after round."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from itertools import groupby
from pathlib import Path

from automask.bench.figures import Measured, Task
from automask.bench.rounds import plan_rounds
from automask.bench.team import Team
from automask.bench.variants import PlannedVariant
from automask.runs.dispatch import worker_setup

Log = Callable[[str], None]
# Pause before each turn, so that the previous team's threads stop spinning. OpenMP's idle
# threads wait actively for some milliseconds (GNU) or 200 (LLVM, Intel) before they sleep.
REST_SECONDS = 0.3


def measure(
    planned: Sequence[PlannedVariant], rounds: int, folder: Path, log: Log
) -> list[Measured]:
    """Measure every variant.

    Args:
        planned: The variants, those of one model together: only they are in memory at a time,
            and variants of different models are not interleaved.
        rounds: The images of each round.
        folder: An existing folder for weights that the processes map.
        log: Called with a line of progress now and then.

    Returns:
        The measurements, in the order of the variants.

    Raises:
        AutomaskError: A process failed.
    """
    models = groupby(planned, key=lambda p: p.variant.model)
    return [m for _, group in models for m in _measure_model(list(group), rounds, folder, log)]


def _measure_model(
    planned: Sequence[PlannedVariant], rounds: int, folder: Path, log: Log
) -> list[Measured]:
    from automask.sam.share import share

    mapped = share(planned[0].prepared.weights, folder)
    jobs = planned[0].prepared.jobs
    workers = max(p.prepared.crew.workers for p in planned)
    with ExitStack() as stack:
        setups = [worker_setup(p.prepared, mapped) for p in planned]
        teams = [
            stack.enter_context(closing(Team(p, setup)))
            for p, setup in zip(planned, setups, strict=True)
        ]
        for team in teams:
            log(f"{team.name}: starting")
            team.start(jobs)
        take_turns(teams, plan_rounds(jobs, rounds, workers), log)
        return [team.measured() for team in teams]


def take_turns(teams: Sequence[Team], rounds: Sequence[Sequence[Task]], log: Log) -> None:
    """Each team masks each round's images; every other round begins with the last team.

    So what slows the machine for minutes (heat, another user) affects all teams, and none is
    always first.
    """
    for number, tasks in enumerate(rounds):
        for team in teams if number % 2 == 0 else reversed(teams):
            time.sleep(REST_SECONDS)
            team.take_turn(tasks)
            seconds = team.turns[-1].seconds_wall
            log(
                f"round {number + 1} of {len(rounds)}, {team.name}: {len(tasks)} images in "
                f"{seconds:.2f} s"
            )
