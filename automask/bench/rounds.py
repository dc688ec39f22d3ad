"""Deals the images to rounds, the same for every variant."""

from __future__ import annotations

from collections.abc import Sequence

from automask.bench.figures import Task
from automask.records import Job

# Images that each worker gets per round at least: with one, most would wait for the slowest.
TASKS_A_WORKER = 2


def plan_rounds(jobs: Sequence[Job], rounds: int, workers: int) -> list[list[Task]]:
    """Deal the images to the rounds like cards, so that each round has some of all kinds.

    Args:
        jobs: The images.
        rounds: The number of rounds.
        workers: The most that any variant has. With too few images to keep them busy, every
            round has all images, repeated as needed.

    Returns:
        The tasks of each round.
    """
    at_least = workers * TASKS_A_WORKER
    if len(jobs) >= rounds * at_least:
        return [[Task(job, 0) for job in jobs[number::rounds]] for number in range(rounds)]
    times = -(-at_least // len(jobs))
    return [
        [Task(job, number * times + time) for time in range(times) for job in jobs]
        for number in range(rounds)
    ]
