"""Which images come in which round."""

from __future__ import annotations

from automask.bench.rounds import plan_rounds
from automask.records import Job


def jobs(count: int) -> list[Job]:
    return [Job(f"{i}.jpg", f"{i}", 1, 1) for i in range(count)]


def dealt(count: int, rounds: int, workers: int) -> list[list[tuple[str, int]]]:
    """Name and repeat of each task by round."""
    planned = plan_rounds(jobs(count), rounds, workers)
    return [[(task.job.stem, task.repeat) for task in tasks] for tasks in planned]


def test_many_images_are_dealt_out_and_each_comes_once() -> None:
    assert dealt(7, rounds=3, workers=1) == [
        [("0", 0), ("3", 0), ("6", 0)],
        [("1", 0), ("4", 0)],
        [("2", 0), ("5", 0)],
    ]


def test_few_images_come_all_in_every_round() -> None:
    assert dealt(2, rounds=3, workers=1) == [
        [("0", 0), ("1", 0)],
        [("0", 1), ("1", 1)],
        [("0", 2), ("1", 2)],
    ]


def test_very_few_images_come_again_until_every_worker_has_two() -> None:
    assert dealt(2, rounds=2, workers=2) == [
        [("0", 0), ("1", 0), ("0", 1), ("1", 1)],
        [("0", 2), ("1", 2), ("0", 3), ("1", 3)],
    ]


def test_every_image_comes_for_a_first_time() -> None:
    for count in range(1, 30):
        tasks = [task for tasks in plan_rounds(jobs(count), 3, 4) for task in tasks]
        assert sorted(t.job.image for t in tasks if t.repeat == 0) == sorted(
            job.image for job in jobs(count)
        )


def test_no_two_tasks_would_write_the_same_file() -> None:
    tasks = [task for round_ in dealt(3, rounds=3, workers=4) for task in round_]
    assert len(set(tasks)) == len(tasks)
