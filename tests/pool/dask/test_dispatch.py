"""Who does which image on a cluster: the rules, with a cluster that is made up."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

import pytest
from fakes import make_setup

from automask.errors import ClusterError, UsageError
from automask.image.process import Outcome, lost
from automask.pool.dask import dispatch as dask_dispatch
from automask.pool.dask.dispatch import Dispatch
from automask.pool.dask.link import Gone, Withdrawn
from automask.pool.dask.worker import Errand, Facts, Reply, Settled, facts, settle, work
from automask.records import Job
from automask.system.signals import Stop


class MadeUpCluster:
    """Workers that answer at once, by what `said` holds for the image, or else do it.

    An answer None is never given: the worker hangs. Gone takes the worker with it.
    """

    def __init__(self, root: Path, threads: dict[str, int]) -> None:
        self.root = root
        self.threads = threads
        self.said: dict[str, list[Any]] = {}
        self.greeting: dict[str, Any] = {}
        self.leaving: set[str] = set()
        self.given: list[tuple[str, str]] = []  # worker and image, in the order they were sent
        self.hands: dict[str, tuple[str, Any]] = {}
        self.most = 0  # images that one worker had in hand at a time

    def members(self) -> dict[str, int]:
        return self.threads

    def call(self, address: str, function: Any, *args: Any) -> str:
        key = f"{address}/{len(self.given)}/{len(self.hands)}/{function.__name__}"
        self.hands[key] = (address, self._answer(address, function, args))
        return key

    def _answer(self, address: str, function: Any, args: tuple[Any, ...]) -> Any:
        if function is facts:
            return self.greeting.get(address, facts())
        if function is settle:
            return Settled("token", f"{address}:1")
        assert function is work
        job = args[2]
        self.given.append((address, job.image))
        here = [k for k, (a, _) in self.hands.items() if a == address]
        self.most = max(self.most, len(here) + 1)
        left = self.said.get(job.image)
        return left.pop(0) if left else done(self.root, job)

    def drop(self, key: str) -> None:
        self.hands.pop(key, None)

    def answers(self, _seconds: float) -> list[tuple[str, Any]]:
        heard = [(k, answer) for k, (_, answer) in self.hands.items() if answer is not None]
        for key, _ in heard:
            self.hands.pop(key)
        return heard

    def left_by_itself(self, address: str) -> bool:
        return address in self.leaving


def done(root: Path, job: Job) -> Outcome:
    setup = make_setup(root)
    return lost(job, setup.config, setup.labels, "an outcome as good as any")


def dispatch(
    cluster: MadeUpCluster, images: str, retries: int = 2, timeout: float | None = None
) -> dict[str, tuple[int, str]]:
    """Attempts and error of each image; images: their names, a letter each."""
    errand = Errand(make_setup(cluster.root), "digest", True, ".", "probe", "secret", timeout)
    jobs = deque(Job(name, name, 0, 0) for name in images)
    records = [o.record for o in Dispatch(cluster, jobs, errand, retries, Stop()).outcomes()]
    assert sorted(r.image for r in records) == sorted(images)
    return {r.image: (r.attempts, str(r.error)) for r in records}


DONE = "an outcome as good as any"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_dispatch, "LOOK_SECONDS", 0.0)


def test_a_worker_has_as_many_images_in_hand_as_it_has_threads_but_three_at_most(
    tmp_path: Path,
) -> None:
    for threads, most in ((1, 1), (2, 2), (16, 3)):
        cluster = MadeUpCluster(tmp_path, {"w": threads})
        assert dispatch(cluster, "abcdefgh") == dict.fromkeys("abcdefgh", (1, DONE))
        assert cluster.most == most


def test_what_was_in_hand_with_a_killer_is_tried_alone_and_saved(tmp_path: Path) -> None:
    cluster = MadeUpCluster(tmp_path, {"w": 2})
    cluster.said = {"a": [Gone()] * 9, "b": [None]}
    result = dispatch(cluster, "abc", retries=1)
    assert result["a"] == (2, dask_dispatch.DIED)
    assert result["b"] == (2, DONE)
    assert result["c"] == (1, DONE)


def test_without_retries_only_the_image_that_was_alone_is_blamed(tmp_path: Path) -> None:
    cluster = MadeUpCluster(tmp_path, {"w": 2})
    cluster.said = {"a": [Gone()] * 9, "b": [None]}
    assert dispatch(cluster, "ab", retries=0) == {"a": (2, dask_dispatch.DIED), "b": (2, DONE)}


def test_an_image_that_loses_its_worker_twice_has_a_third_try(tmp_path: Path) -> None:
    cluster = MadeUpCluster(tmp_path, {"w": 1})
    cluster.said = {"a": [Gone(), Reply.REPLACED]}
    assert dispatch(cluster, "a") == {"a": (3, DONE)}


def test_a_worker_that_leaves_a_restart_and_a_forgotten_model_use_up_no_try(
    tmp_path: Path,
) -> None:
    cluster = MadeUpCluster(tmp_path, {"w": 1})
    cluster.leaving = {"w"}
    cluster.said = {"a": [Gone(), Withdrawn(), Reply.FORGOTTEN]}
    assert dispatch(cluster, "a", retries=0) == {"a": (1, DONE)}


def test_an_error_that_is_no_outcome_is_tried_again_and_then_told(tmp_path: Path) -> None:
    cluster = MadeUpCluster(tmp_path, {"w": 1})
    cluster.said = {"a": [MemoryError("no room")] * 3}
    assert dispatch(cluster, "a") == {"a": (3, "MemoryError: no room")}


def test_a_worker_that_hangs_beyond_the_timeout_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_dispatch, "FROZEN_SECONDS", 0.0)
    cluster = MadeUpCluster(tmp_path, {"w": 1})
    cluster.said = {"a": [None, None]}
    result = dispatch(cluster, "ab", retries=2, timeout=0.05)
    assert result["a"] == (1, "it took longer than 0.05 s")
    assert result["b"] == (1, DONE)


def test_where_two_were_in_hand_of_a_worker_that_hangs_each_is_tried_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_dispatch, "FROZEN_SECONDS", 0.0)
    cluster = MadeUpCluster(tmp_path, {"w": 2})
    cluster.said = {"a": [None], "b": [None, None]}  # b hangs, and keeps back a's answer
    result = dispatch(cluster, "ab", retries=2, timeout=0.05)
    assert result == {"a": (2, DONE), "b": (2, "it took longer than 0.05 s")}


def test_one_of_the_first_workers_that_is_not_fit_ends_the_run(tmp_path: Path) -> None:
    cluster = MadeUpCluster(tmp_path, {"new": 1, "old": 1})
    cluster.greeting = {"old": Facts("0.0.9", 1)}
    with pytest.raises(UsageError, match=r"Dask worker old: runs automask 0\.0\.9 with mask rules"):
        dispatch(cluster, "abc")


def test_a_worker_without_automask_is_told_what_to_install(tmp_path: Path) -> None:
    cluster = MadeUpCluster(tmp_path, {"w": 1})
    cluster.greeting = {"w": ModuleNotFoundError("No module named 'automask'")}
    with pytest.raises(UsageError, match=r"No module named 'automask'\); install automask"):
        dispatch(cluster, "a")


def test_a_worker_that_joins_later_and_is_not_fit_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Growing(MadeUpCluster):
        def answers(self, seconds: float) -> list[tuple[str, Any]]:
            self.threads = {"w": 1, "late": 1}
            return super().answers(seconds)

    cluster = Growing(tmp_path, {"w": 1})
    cluster.greeting = {"late": Facts("0.0.9", 1)}
    assert dispatch(cluster, "abc") == dict.fromkeys("abc", (1, DONE))
    assert {worker for worker, _ in cluster.given} == {"w"}
    assert "Dask worker late: runs automask 0.0.9" in caplog.text


def test_a_cluster_without_workers_ends_the_run_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_dispatch, "NOBODY_SECONDS", 0.0)
    with pytest.raises(ClusterError, match="had no worker that could take an image"):
        dispatch(MadeUpCluster(tmp_path, {}), "a")


def test_after_a_signal_nothing_more_is_handed_out(tmp_path: Path) -> None:
    stop = Stop()

    class Signalled(MadeUpCluster):
        def _answer(self, address: str, function: Any, args: tuple[Any, ...]) -> Any:
            if function is work:
                stop.exit_code = 143
            return super()._answer(address, function, args)

    cluster = Signalled(tmp_path, {"w": 1})
    errand = Errand(make_setup(tmp_path), "digest", True, ".", "probe", "secret", None)
    jobs = deque(Job(name, name, 0, 0) for name in "abc")
    told = [o.record.image for o in Dispatch(cluster, jobs, errand, 2, stop).outcomes()]
    assert told == ["a"]
