"""A run on a real Dask cluster loses no image, whatever happens to its workers."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dask_fakes import make_dask_setup
from dask_processes import Cluster
from fakes import CRASHES_ONCE, FINE, HUGE, KILLS, RAISES, WAITS, broken_context, make_images

from automask.errors import ClusterError, UsageError, WeightsError
from automask.image.process import Outcome
from automask.pool.dask.cluster import run_on_cluster
from automask.pool.dask.link import connected
from automask.pool.patience import Patience
from automask.pool.workers import WorkerSetup
from automask.records import ImageRecord, Job
from automask.system.signals import Stop

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A scheduler, a worker with one thread and one with two, each with a nanny."""
    cluster = Cluster()
    try:
        cluster.add_worker("--nthreads", "1")
        cluster.add_worker("--nthreads", "2")
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A scheduler without workers, that a test may break."""
    cluster = Cluster()
    yield cluster
    cluster.stop()


def on_cluster(
    jobs: list[Job], setup: WorkerSetup, address: str, retries: int = 2, timeout: float = 60.0
) -> Iterator[Outcome]:
    return run_on_cluster(jobs, setup, address, Patience(retries, timeout), Stop())


def masked(root: Path, first_pixels: list[int], address: str, **more: Any) -> list[ImageRecord]:
    """Records in the order of the images; fails where an image has two."""
    jobs = make_images(root / "in", first_pixels)
    outcomes = on_cluster(jobs, make_dask_setup(root), address, **more)
    records = sorted((o.record for o in outcomes), key=lambda r: r.image)
    assert [r.image for r in records] == [j.image for j in jobs]
    return records


def statuses(records: list[ImageRecord]) -> list[str]:
    return [record.status for record in records]


def benches(root: Path) -> list[str]:
    """Process ids of the workers that made a context, once for each context."""
    return [note.name.partition("_")[0] for note in (root / "benches").iterdir()]


def litter(root: Path) -> list[Path]:
    return list((root / "out").rglob(".*"))


def test_each_worker_makes_its_model_once_and_each_image_has_one_outcome(
    cluster: Cluster, tmp_path: Path
) -> None:
    records = masked(tmp_path, [FINE] * 12, cluster.address)
    assert {(r.status, r.attempts) for r in records} == {("ok", 1)}
    assert len(benches(tmp_path)) == len(set(benches(tmp_path)))
    assert {r.worker.rpartition(":")[2] for r in records} <= set(benches(tmp_path))
    assert str(os.getpid()) not in benches(tmp_path)
    assert litter(tmp_path) == []


def test_an_exception_costs_its_own_image_only(cluster: Cluster, tmp_path: Path) -> None:
    records = masked(tmp_path, [FINE, RAISES, FINE], cluster.address)
    assert statuses(records) == ["ok", "failed", "ok"]
    assert records[1].error == "RuntimeError: the generator tripped"


def test_a_worker_that_dies_costs_its_image_one_more_turn(cluster: Cluster, tmp_path: Path) -> None:
    records = masked(tmp_path, [FINE, FINE, CRASHES_ONCE, FINE, FINE, FINE], cluster.address)
    assert statuses(records) == ["ok"] * 6
    assert records[2].attempts == 2
    assert litter(tmp_path) == []


def test_an_image_that_kills_each_worker_fails_after_the_retries_and_the_others_are_saved(
    cluster: Cluster, tmp_path: Path
) -> None:
    records = masked(tmp_path, [FINE, KILLS, FINE, FINE, KILLS, FINE], cluster.address, retries=1)
    assert statuses(records) == ["ok", "failed", "ok", "ok", "failed", "ok"]
    assert [records[1].attempts, records[4].attempts] == [2, 2]
    assert "worker process died" in str(records[1].error)
    assert records[1].worker != f"{os.uname().nodename}:{os.getpid()}"


def test_an_image_that_is_too_much_is_tried_alone_and_then_fails(
    cluster: Cluster, tmp_path: Path
) -> None:
    records = masked(tmp_path, [FINE, HUGE, FINE], cluster.address)
    assert statuses(records) == ["ok", "failed", "ok"]
    assert (records[1].attempts, "MemoryError" in str(records[1].error)) == (3, True)


def test_a_worker_that_starts_again_at_the_same_address_blames_the_image_all_the_same(
    own_cluster: Cluster, tmp_path: Path
) -> None:
    """The scheduler gives the image to the new process by itself, which refuses it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own_cluster.add_worker("--nthreads", "1", "--worker-port", str(port))
    records = masked(tmp_path, [FINE, KILLS, FINE], own_cluster.address, retries=1)
    assert statuses(records) == ["ok", "failed", "ok"]
    assert records[1].attempts == 2


def test_a_hung_image_ends_its_worker_and_fails(cluster: Cluster, tmp_path: Path) -> None:
    records = masked(tmp_path, [FINE, WAITS, FINE], cluster.address, timeout=1.0)
    assert statuses(records) == ["ok", "failed", "ok"]
    assert records[1].error == "it took longer than 1 s"


def test_an_error_that_concerns_every_image_is_raised(cluster: Cluster, tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE, FINE])
    setup = make_dask_setup(tmp_path, broken_context)
    with pytest.raises(WeightsError, match=r"Dask worker tcp://127.*: these weights do not fit"):
        list(on_cluster(jobs, setup, cluster.address))
    assert litter(tmp_path) == []


def test_other_weights_than_the_runs_are_refused(cluster: Cluster, tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE])
    setup = make_dask_setup(tmp_path)
    setup = replace(setup, weights=replace(setup.weights, sha256="00" * 32))
    with pytest.raises(WeightsError, match="is not the file that this run began with"):
        list(on_cluster(jobs, setup, cluster.address))


def test_other_mask_settings_than_the_runs_are_refused(cluster: Cluster, tmp_path: Path) -> None:
    jobs = make_images(tmp_path / "in", [FINE])
    setup = make_dask_setup(tmp_path)
    setup = replace(setup, labels={**setup.labels, "settings": "0" * 16})
    with pytest.raises(UsageError, match="its settings come to other masks than the run's"):
        list(on_cluster(jobs, setup, cluster.address))


def test_a_worker_that_joins_helps_and_one_that_is_retired_blames_no_image(
    own_cluster: Cluster, tmp_path: Path
) -> None:
    from distributed import Client

    jobs = make_images(tmp_path / "in", [FINE] * 100)
    own_cluster.add_worker("--nthreads", "1")
    outcomes = on_cluster(jobs, make_dask_setup(tmp_path), own_cluster.address)
    records = [next(outcomes).record]
    own_cluster.add_worker("--nthreads", "1")
    with Client(own_cluster.address, set_as_default=False) as client:
        pids = client.run(os.getpid)
        client.retire_workers([a for a, p in pids.items() if records[0].worker.endswith(f":{p}")])
    records += [outcome.record for outcome in outcomes]
    assert len(records) == 100
    assert {(r.status, r.attempts) for r in records} == {("ok", 1)}
    assert len({r.worker for r in records}) == 2


def test_a_worker_with_other_mask_rules_is_refused_by_name(
    own_cluster: Cluster, tmp_path: Path
) -> None:
    older = tmp_path / "older.py"
    older.write_text("import automask.config\nautomask.config.MASK_RULES = 1\n")
    own_cluster.add_worker("--preload", str(older))
    with pytest.raises(UsageError, match=r"Dask worker tcp://\S+: runs automask .* mask rules 1;"):
        masked(tmp_path, [FINE], own_cluster.address)


def test_a_scheduler_that_goes_away_ends_the_run(own_cluster: Cluster, tmp_path: Path) -> None:
    own_cluster.add_worker("--nthreads", "1")
    jobs = make_images(tmp_path / "in", [FINE] * 300)
    outcomes = on_cluster(jobs, make_dask_setup(tmp_path), own_cluster.address)
    next(outcomes)
    own_cluster.scheduler.kill()
    with pytest.raises(ClusterError, match=r"scheduler at 'tcp://\S+' is gone") as stopped:
        list(outcomes)
    assert stopped.value.exit_code == 1
    assert litter(tmp_path) == []


@pytest.mark.parametrize("name", ["distributed.client", "distributed.batched", "distributed.core"])
def test_dask_prints_nothing_of_a_lost_line_that_our_own_error_tells(
    own_cluster: Cluster, name: str
) -> None:
    with connected(own_cluster.address):
        assert not logging.getLogger(name).isEnabledFor(logging.ERROR)
    assert logging.getLogger(name).isEnabledFor(logging.ERROR)


def test_an_unreachable_scheduler_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no Dask scheduler answers at 'tcp://127\.0\.0\.1:1'"):
        masked(tmp_path, [FINE], "tcp://127.0.0.1:1")


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("tcp://localhost", "missing port number"),
        ("smoke://signals:1", "unknown"),
        ("tls://127.0.0.1:8786", "needs certificates"),
    ],
)
def test_a_malformed_address_is_named_at_once(address: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"'{address}' .*{fault}"):
        masked(tmp_path, [FINE], address)


def test_no_jobs_need_no_cluster(tmp_path: Path) -> None:
    assert list(on_cluster([], make_dask_setup(tmp_path), "tcp://127.0.0.1:1")) == []
