"""The measuring: the variants of one model side by side, in turns, round after round."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from itertools import groupby
from pathlib import Path

from automask.bench.figures import Measured, Task
from automask.bench.rounds import plan_rounds
from automask.bench.team import Team
from automask.bench.variants import Planned
from automask.runs.dispatch import worker_setup

Tell = Callable[[str], None]
# Before each turn: the threads of the team before have stopped spinning by then. OpenMP's idle
# threads wait actively for some milliseconds (GNU) or 200 (LLVM, Intel) before they sleep.
REST_SECONDS = 0.3


def measure(planned: Sequence[Planned], rounds: int, folder: Path, tell: Tell) -> list[Measured]:
    """What each variant did, in the order given, which has a model's variants together.

    Only these are held in memory at one time: variants of different models are not interleaved.
    folder: an existing one, for weights that the processes map. Raises what a process could not do.
    """
    models = groupby(planned, key=lambda p: p.variant.model)
    return [m for _, group in models for m in _measure_model(list(group), rounds, folder, tell)]


def _measure_model(
    planned: Sequence[Planned], rounds: int, folder: Path, tell: Tell
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
            tell(f"{team.name}: starting")
            team.start(jobs)
        take_turns(teams, plan_rounds(jobs, rounds, workers), tell)
        return [team.measured() for team in teams]


def take_turns(teams: Sequence[Team], rounds: Sequence[Sequence[Task]], tell: Tell) -> None:
    """Each team masks each round's images; every other round begins with the last team.

    So what comes over the machine for minutes (heat, another user) comes over all teams, and none
    is always the first.
    """
    for number, tasks in enumerate(rounds):
        for team in teams if number % 2 == 0 else reversed(teams):
            time.sleep(REST_SECONDS)
            team.take_turn(tasks)
            seconds = team.turns[-1].seconds_wall
            tell(
                f"round {number + 1} of {len(rounds)}, {team.name}: {len(tasks)} images in "
                f"{seconds:.2f} s"
            )
