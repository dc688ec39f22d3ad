"""Which images come in which round; the same for every variant, so that only these differ."""

from __future__ import annotations

from collections.abc import Sequence

from automask.bench.figures import Task
from automask.records import Job

# Images that each worker gets in a round at least: with one, most would wait for the slowest.
TASKS_A_WORKER = 2


def plan_rounds(jobs: Sequence[Job], rounds: int, workers: int) -> list[list[Task]]:
    """The images dealt out to the rounds like cards, so that each round has some of all kinds.

    workers: the most that any variant has. Where the images are too few to keep them busy, every
    round has all images, as often as it needs.
    """
    at_least = workers * TASKS_A_WORKER
    if len(jobs) >= rounds * at_least:
        return [[Task(job, 0) for job in jobs[number::rounds]] for number in range(rounds)]
    times = -(-at_least // len(jobs))
    return [
        [Task(job, number * times + time) for time in range(times) for job in jobs]
        for number in range(rounds)
    ]
