"""The pool loses no image, whatever happens to its workers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fakes import FINE, KILLS, RAISES, broken_bench, make_images, make_setup

from automask.errors import WeightsError
from automask.pool.workers import run_in_processes, run_in_threads
from automask.records import Job


def statuses(outcomes) -> dict[str, tuple[str, int]]:
    """Status and attempts by image; fails if an image has two outcomes."""
    records = [outcome.record for outcome in outcomes]
    assert len({r.image for r in records}) == len(records)
    return {r.image: (r.status, r.attempts) for r in records}


def test_each_job_gives_one_outcome(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE] * 7)
    result = statuses(run_in_processes(jobs, make_setup(tmp_path), workers=2))
    assert result == {job.image: ("ok", 1) for job in jobs}


def test_an_exception_costs_its_own_image_only(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE, RAISES, FINE])
    result = statuses(run_in_processes(jobs, make_setup(tmp_path), workers=1))
    assert [status for status, _ in (result[j.image] for j in jobs)] == ["ok", "failed", "ok"]


def test_an_image_that_kills_its_process_is_found_and_the_others_are_saved(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE, FINE, KILLS, FINE, FINE, FINE])
    outcomes = list(run_in_processes(jobs, make_setup(tmp_path), workers=2))
    result = statuses(outcomes)
    assert result["02.png"] == ("failed", 2)
    assert {status for image, (status, _) in result.items() if image != "02.png"} == {"ok"}
    (dead,) = (o.record for o in outcomes if o.record.status == "failed")
    assert "worker process died" in dead.error


def test_two_deadly_images_are_both_found(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [KILLS, FINE, FINE, KILLS, FINE])
    result = statuses(run_in_processes(jobs, make_setup(tmp_path), workers=2))
    assert [i for i, (status, _) in sorted(result.items()) if status == "failed"] == [
        "00.png",
        "03.png",
    ]


def test_an_error_that_concerns_every_image_is_raised(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE, FINE])
    with pytest.raises(WeightsError, match="do not fit"):
        list(run_in_processes(jobs, make_setup(tmp_path, broken_bench), workers=2))


def test_threads_give_what_processes_give_and_share_one_model(tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE] * 6 + [RAISES])
    setup = make_setup(tmp_path)
    threads = statuses(run_in_threads(jobs, setup, workers=3))
    assert threads == statuses(run_in_processes(jobs, setup, workers=2))


def test_workers_are_other_processes(tmp_path: Path) -> None:
    (job,) = make_images(tmp_path / "in", [FINE])
    (outcome,) = run_in_processes([job], make_setup(tmp_path), workers=1)
    assert outcome.record.worker.endswith(tuple("0123456789"))
    assert not outcome.record.worker.endswith(f":{os.getpid()}")


def test_no_jobs_give_no_outcomes(tmp_path: Path) -> None:
    jobs: list[Job] = []
    assert list(run_in_processes(jobs, make_setup(tmp_path), workers=2)) == []
