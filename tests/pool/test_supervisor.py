"""The supervisor loses no image, whatever happens to its workers."""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import (
    CRASHES_ONCE,
    EXITS,
    FINE,
    HUGE,
    KILLS,
    LARGE,
    LOSES_GPU,
    RAISES,
    SLOW,
    SPINS,
    WAITS,
    broken_context,
    deadly_context,
    fake_context,
    large_context,
    leaving_context,
    make_images,
    make_setup,
    telling_context,
)

from automask.errors import Interrupted, WeightsError, WorkersError
from automask.image.process import Outcome
from automask.pool.crew import Crew
from automask.pool.ladder import make_ladder
from automask.pool.patience import Patience
from automask.pool.supervisor import Supervisor
from automask.records import ImageRecord, Job
from automask.system.signals import Stop, listen_for_signals


@pytest.fixture(autouse=True)
def _workers_find_the_fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "fakes"))


def outcomes(
    root: Path,
    jobs: list[Job],
    workers: int = 2,
    retries: int = 2,
    timeout: float = 60,
    context: Any = fake_context,
    device: str = "cpu",
    stop: Stop | None = None,
) -> Iterator[Outcome]:
    """What a supervisor of so many workers makes of the jobs. device: any other name than cpu has
    one process with several images in hand, as around a GPU.
    """
    (root / "log").mkdir()
    ladder = make_ladder(device, Crew(workers, 1), cores=2)
    patience = Patience(retries, timeout)
    supervisor = Supervisor(
        make_setup(root, context), ladder, patience, root / "log", stop or Stop()
    )
    return supervisor.outcomes(jobs)


def by_image(found: Iterator[Outcome]) -> dict[str, ImageRecord]:
    """Records by image; fails if an image has two outcomes."""
    records = [outcome.record for outcome in found]
    assert len({r.image for r in records}) == len(records)
    return {r.image: r for r in records}


def statuses(records: dict[str, ImageRecord]) -> list[str]:
    return [records[image].status for image in sorted(records)]


def test_each_job_gives_one_outcome(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE] * 7)
    records = by_image(outcomes(tmp_path, jobs))
    assert {(r.image, r.status, r.attempts) for r in records.values()} == {
        (job.image, "ok", 1) for job in jobs
    }


def test_no_jobs_give_no_outcomes(tmp_path: Path) -> None:
    assert list(outcomes(tmp_path, [])) == []


def test_workers_are_other_processes(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE])
    (record,) = by_image(outcomes(tmp_path, jobs)).values()
    assert int(record.worker.rpartition(":")[2]) != os.getpid()


@pytest.mark.parametrize(("given", "expected"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_of_workers_wait_without_spinning_unless_the_user_wants_them_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, expected: str
) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if given is not None:
        monkeypatch.setenv("OMP_WAIT_POLICY", given)
    jobs = make_images(tmp_path / "in", [FINE])
    (record,) = by_image(outcomes(tmp_path, jobs, context=telling_context)).values()
    assert record.model == expected


def test_an_exception_costs_its_own_image_only(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE, RAISES, FINE])
    assert statuses(by_image(outcomes(tmp_path, jobs, workers=1))) == ["ok", "failed", "ok"]


# A worker that dies.


def test_an_image_that_kills_its_worker_is_given_up_after_the_retries(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE, FINE, KILLS, FINE, FINE, FINE])
    records = by_image(outcomes(tmp_path, jobs, retries=2))
    assert statuses(records) == ["ok", "ok", "failed", "ok", "ok", "ok"]
    assert records["02.png"].attempts == 3
    assert "its worker process died (killed by SIGKILL)" in str(records["02.png"].error)
    assert {r.attempts for r in records.values() if r.status == "ok"} == {1}


def test_an_image_whose_worker_died_of_something_else_is_saved_by_its_second_try(
    tmp_path: Path,
) -> None:
    jobs = make_images(tmp_path / "in", [FINE, CRASHES_ONCE, FINE])
    records = by_image(outcomes(tmp_path, jobs))
    assert [(r.status, r.attempts) for _, r in sorted(records.items())] == [
        ("ok", 1), ("ok", 2), ("ok", 1),
    ]  # fmt: skip


def test_without_retries_an_image_is_given_up_at_once(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [CRASHES_ONCE, FINE])
    assert statuses(by_image(outcomes(tmp_path, jobs, retries=0))) == ["failed", "ok"]


def test_two_deadly_images_are_both_found(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [KILLS, FINE, FINE, KILLS, FINE])
    records = by_image(outcomes(tmp_path, jobs, retries=1))
    assert statuses(records) == ["failed", "ok", "ok", "failed", "ok"]


def test_where_one_process_has_several_images_in_hand_the_innocent_are_saved(
    tmp_path: Path,
) -> None:
    jobs = make_images(tmp_path / "in", [FINE, KILLS, FINE, FINE])
    records = by_image(outcomes(tmp_path, jobs, workers=3, retries=1, device="a GPU"))
    assert statuses(records) == ["ok", "failed", "ok", "ok"]


def test_one_process_with_several_images_in_hand_has_one_user_of_the_model(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE] * 9)
    records = by_image(outcomes(tmp_path, jobs, workers=3, device="a GPU"))
    assert statuses(records) == ["ok"] * 9
    assert len({r.worker for r in records.values()}) == 1


def test_workers_that_die_as_they_start_end_the_run(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE])
    with pytest.raises(WorkersError, match=r"do not come up: .*SIGABRT"):
        list(outcomes(tmp_path, jobs, context=deadly_context))


def test_a_worker_that_ends_by_itself_is_told_by_its_exit_code(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE])
    with pytest.raises(WorkersError, match=r"do not come up: .*\(exit code 3\)"):
        list(outcomes(tmp_path, jobs, context=leaving_context))


def test_a_process_that_the_system_refuses_to_start_is_an_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr("automask.pool.child.subprocess.Popen", refused)
    jobs = make_images(tmp_path / "in", [FINE])
    with pytest.raises(WorkersError, match="cannot start a worker process: Resource temporarily"):
        list(outcomes(tmp_path, jobs))


@pytest.mark.parametrize("device", ["cpu", "a GPU"])
def test_an_image_that_loses_the_gpu_costs_no_image_after_it(tmp_path: Path, device: str) -> None:
    jobs = make_images(tmp_path / "in", [FINE, LOSES_GPU, FINE, FINE])
    records = by_image(outcomes(tmp_path, jobs, retries=1, device=device))
    assert statuses(records) == ["ok", "failed", "ok", "ok"]
    assert records["01.png"].attempts == 2
    assert str(records["01.png"].error).startswith("its worker process died (exit code 1)")
    assert "RuntimeError: CUDA error: an illegal memory access" in str(records["01.png"].error)


def test_a_library_that_exits_in_a_thread_ends_its_process_and_nobody_waits(
    tmp_path: Path,
) -> None:
    jobs = make_images(tmp_path / "in", [FINE, EXITS, FINE])
    records = by_image(outcomes(tmp_path, jobs, retries=0, timeout=2, device="a GPU", workers=2))
    assert "its worker process died (exit code 1)" in str(records["01.png"].error)
    assert "SystemExit: 3" in str(records["01.png"].error)


def test_an_error_that_concerns_every_image_is_raised(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE, FINE])
    with pytest.raises(WeightsError, match="do not fit"):
        list(outcomes(tmp_path, jobs, context=broken_context))


def test_no_worker_is_left_behind(tmp_path: Path) -> None:
    import psutil

    before = set(psutil.Process().children())
    jobs = make_images(tmp_path / "in", [FINE, KILLS, FINE])
    list(outcomes(tmp_path, jobs, retries=0))
    assert set(psutil.Process().children()) <= before


# An image that takes too long.


@pytest.mark.parametrize("hang", [SPINS, WAITS], ids=["spins", "waits"])
def test_a_hung_image_is_ended_at_the_timeout_and_not_tried_again(
    tmp_path: Path, hang: int
) -> None:
    jobs = make_images(tmp_path / "in", [FINE, hang, FINE])
    records = by_image(outcomes(tmp_path, jobs, timeout=0.6))
    assert statuses(records) == ["ok", "failed", "ok"]
    assert records["01.png"].error == "it took longer than 0.6 s"
    assert records["01.png"].attempts == 1


# Memory.


def test_an_image_too_large_is_masked_with_smaller_blocks_and_says_so(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE, LARGE])
    records = by_image(outcomes(tmp_path, jobs, workers=1))
    assert statuses(records) == ["ok", "ok"]
    assert records["00.png"].steps == ()
    assert records["01.png"].steps == ("point blocks of 1/2",)


def test_the_rest_of_the_run_stays_on_the_step_that_helped(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [LARGE, FINE, FINE])
    records = by_image(outcomes(tmp_path, jobs, workers=1))
    assert {r.steps for r in records.values()} == {("point blocks of 1/2",)}


def test_an_image_too_large_on_every_step_fails_and_the_run_goes_back_up(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [HUGE, FINE])
    records = by_image(outcomes(tmp_path, jobs, workers=1))
    assert statuses(records) == ["failed", "ok"]
    assert str(records["00.png"].error).startswith(
        "out of memory, even with point blocks of 1/2, point blocks of 1/4: MemoryError"
    )
    assert records["01.png"].steps == ()


def test_a_model_that_does_not_fit_at_first_goes_down_the_ladder(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE])
    (record,) = by_image(outcomes(tmp_path, jobs, workers=1, context=large_context)).values()
    assert record.steps == ("point blocks of 1/2", "point blocks of 1/4")


# Signals.


def test_after_a_signal_what_is_in_hand_is_finished_and_nothing_new_begun(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [SLOW, FINE, FINE])
    with listen_for_signals() as stop:
        found = outcomes(tmp_path, jobs, workers=1, stop=stop)
        threading.Thread(target=_signal_when_begun, args=(tmp_path / "out" / "began",)).start()
        records = by_image(found)
    assert statuses(records) == ["ok"]
    with pytest.raises(Interrupted):
        stop.raise_if_wanted()


def _signal_when_begun(mark: Path) -> None:
    while not mark.exists():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
