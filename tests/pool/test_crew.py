"""cores: how many workers, with how many threads each."""

from __future__ import annotations

import os

import pytest

from automask.errors import UsageError
from automask.pool.crew import Crew, plan_crew
from automask.system.cores import available_cores


@pytest.mark.parametrize(
    ("workers", "threads", "crew"),
    [
        (None, None, Crew(4, 2)),  # the model's 2 threads, and as many workers as 8 cores hold
        (2, None, Crew(2, 4)),  # the cores shared out
        (3, None, Crew(3, 2)),  # 2 cores each, 2 left over
        (8, None, Crew(8, 1)),
        (None, 8, Crew(1, 8)),
        (None, 3, Crew(2, 3)),
        (2, 3, Crew(2, 3)),  # fewer than there are, if asked for
        (1, 1, Crew(1, 1)),
    ],
)
def test_what_was_not_asked_for_is_filled_in(
    workers: int | None, threads: int | None, crew: Crew
) -> None:
    assert plan_crew(workers, threads, cores=8, threads_wanted=2) == crew


def test_one_core_has_one_worker_with_one_thread() -> None:
    assert plan_crew(None, None, cores=1, threads_wanted=4) == Crew(1, 1)


def test_a_model_that_wants_all_cores_has_one_worker() -> None:
    assert plan_crew(None, None, cores=8, threads_wanted=16) == Crew(1, 8)


@pytest.mark.parametrize("cores", range(1, 17))
@pytest.mark.parametrize("threads_wanted", [1, 2, 3, 4, 16])
def test_what_is_filled_in_never_exceeds_the_cores(cores: int, threads_wanted: int) -> None:
    crew = plan_crew(None, None, cores, threads_wanted)
    assert 1 <= crew.workers * crew.threads <= cores


@pytest.mark.parametrize(
    ("workers", "threads", "told"),
    [
        (3, 3, "3 workers x 3 threads is more than the 8 cores"),
        (9, None, "9 workers x 1 threads is more than the 8 cores"),
        (None, 9, "1 workers x 9 threads is more than the 8 cores"),
    ],
)
def test_more_than_the_cores_is_refused_with_the_numbers(
    workers: int | None, threads: int | None, told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        plan_crew(workers, threads, cores=8, threads_wanted=2)


def test_around_a_gpu_one_loads_one_computes_one_writes() -> None:
    assert plan_crew(None, None, cores=8, threads_wanted=2, on_gpu=True) == Crew(3, 8)


def test_around_a_gpu_workers_may_exceed_the_cores() -> None:
    assert plan_crew(6, 2, cores=4, threads_wanted=2, on_gpu=True) == Crew(6, 2)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_available_cores_are_those_that_the_process_may_use() -> None:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert available_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_available_cores_are_at_least_one_and_no_more_than_the_machine_has() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
