"""Jobs that arrive while the supervisor works."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from fakes import FINE, KILLS, make_images, make_setup

from automask.pool.crew import Crew
from automask.pool.feed import AllAtOnce
from automask.pool.ladder import make_ladder
from automask.pool.patience import Patience
from automask.pool.supervisor import Supervisor
from automask.records import Job
from automask.system.signals import Stop


class Arriving:
    """A feed that is filled and closed by the test."""

    def __init__(self) -> None:
        self.is_open = True
        self.jobs: list[Job] = []
        self.most: list[int] = []

    def take(self, most: int) -> list[Job]:
        self.most.append(most)
        taken, self.jobs = self.jobs[:most], self.jobs[most:]
        return taken

    def wakes(self, wake: Callable[[], None]) -> None:
        self.wake = wake


def test_all_at_once_gives_its_jobs_once() -> None:
    job = Job("a.png", "a", 0, 0)
    feed = AllAtOnce([job])
    assert (feed.take(1), feed.take(1), feed.is_open) == ([job], [], False)


def supervisor(root: Path, workers: int) -> Supervisor:
    (root / "words").mkdir()
    ladder = make_ladder("cpu", Crew(workers, 1), workers)
    return Supervisor(make_setup(root), ladder, Patience(0, 60), root / "words", Stop())


def test_workers_stay_for_jobs_that_come_later(tmp_path: Path) -> None:
    first, second = make_images(tmp_path / "in", [FINE, FINE])
    feed = Arriving()
    feed.jobs = [first]
    workers = []
    for outcome in supervisor(tmp_path, 1).stream(feed):
        workers.append(outcome.record.worker)
        if outcome.record.image == first.image:
            feed.jobs.append(second)
            threading.Timer(0.2, feed.wake).start()
        else:
            feed.is_open = False
    assert len(workers) == 2
    assert workers[0] == workers[1]


def test_no_more_is_taken_than_workers_can_hold(tmp_path: Path) -> None:
    feed = Arriving()
    feed.jobs = make_images(tmp_path / "in", [FINE] * 5)
    for done, _ in enumerate(supervisor(tmp_path, 2).stream(feed), 1):
        feed.is_open = done < 5
    assert max(feed.most) == 2


def test_a_worker_that_dies_costs_its_job_and_is_replaced(tmp_path: Path) -> None:
    feed = Arriving()
    feed.jobs = make_images(tmp_path / "in", [KILLS, FINE])
    statuses = {}
    for outcome in supervisor(tmp_path, 1).stream(feed):
        statuses[outcome.record.image] = outcome.record.status
        feed.is_open = len(statuses) < 2
    assert statuses == {"00.png": "failed", "01.png": "ok"}


def test_a_job_says_which_kinds_of_results_it_wants(tmp_path: Path) -> None:
    from dataclasses import replace

    job = replace(make_images(tmp_path / "in", [FINE])[0], save=("mask", "overlay"))
    (outcome,) = supervisor(tmp_path, 1).outcomes([job])
    assert outcome.record.kinds == ("mask", "overlay")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["masks", "overlays"]
