"""Real runs of the command line on a real Dask cluster, with the real model."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from dask_processes import Cluster
from harness import (
    by_image,
    leftovers,
    run_real,
    start_real,
    trimaps,
    wait_for_records,
    worker_pids,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def undisturbed(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run of the bundled model on this machine."""
    output = tmp_path_factory.mktemp("undisturbed") / "out"
    result = run_real(photographs, output)
    assert result.returncode == 0, result.stderr
    return output


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        cluster.add_worker("--nthreads", "1")
        cluster.add_worker("--nthreads", "1")
        yield cluster
    finally:
        cluster.stop()


def assert_complete(output: Path, undisturbed: Path) -> None:
    assert trimaps(output) == trimaps(undisturbed)
    assert leftovers(output) == []
    assert list(output.glob(".automask-*")) == []  # what the workers tried the folder with
    found, wanted = by_image(output), by_image(undisturbed)
    same = ("status", "settings", "model_sha256", "confidence", "kinds")
    for image, record in wanted.items():
        assert {k: found[image][k] for k in same} == {k: record[k] for k in same}


def test_a_cluster_gives_the_bytes_of_this_machine(
    cluster: Cluster, photographs: Path, undisturbed: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    run_real(photographs, tmp_path / "before", "--scheduler", cluster.address)
    done = run_real(photographs, output, "--scheduler", cluster.address)
    assert done.returncode == 0, done.stderr
    assert_complete(output, undisturbed)
    assert {r["attempts"] for r in by_image(output).values()} == {1}
    assert len(worker_pids(output)) == 2


def test_a_dask_worker_killed_while_the_run_goes_on(
    cluster: Cluster, photographs: Path, undisturbed: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    running = start_real(photographs, output, "--scheduler", cluster.address)
    wait_for_records(output, 2)
    for pid in worker_pids(output):  # each that has begun: one at least had an image in hand
        os.kill(pid, signal.SIGKILL)
    _, errors = running.communicate()
    assert running.returncode == 0, errors
    assert_complete(output, undisturbed)
    assert max(r["attempts"] for r in by_image(output).values()) == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_run_that_was_ended_goes_on_where_it_was(
    cluster: Cluster,
    photographs: Path,
    undisturbed: Path,
    tmp_path: Path,
    number: signal.Signals,
    code: int,
) -> None:
    output = tmp_path / "out"
    running = start_real(photographs, output, "--scheduler", cluster.address)
    wait_for_records(output, 2)
    running.send_signal(number)
    _, errors = running.communicate()
    assert running.returncode == code
    assert "Traceback" not in errors

    again = run_real(photographs, output, "--scheduler", cluster.address)
    assert again.returncode == 0, again.stderr
    assert ", 0 done before" not in again.stdout
    assert_complete(output, undisturbed)


def test_a_scheduler_killed_while_the_run_goes_on_and_this_machine_does_the_rest(
    photographs: Path, undisturbed: Path, tmp_path: Path
) -> None:
    cluster, output = Cluster(), tmp_path / "out"
    try:
        cluster.add_worker("--nthreads", "1")
        running = start_real(photographs, output, "--scheduler", cluster.address)
        wait_for_records(output, 2)
        cluster.scheduler.kill()
        _, errors = running.communicate()
    finally:
        cluster.stop()
    assert running.returncode == 1
    assert f"the Dask scheduler at '{cluster.address}' is gone" in errors
    assert "Traceback" not in errors

    again = run_real(photographs, output)
    assert again.returncode == 0, again.stderr
    assert_complete(output, undisturbed)


def test_a_scheduler_that_is_not_there_is_wrong_usage(photographs: Path, tmp_path: Path) -> None:
    refused = run_real(photographs, tmp_path / "out", "--scheduler", "tcp://127.0.0.1:1")
    assert refused.returncode == 2
    assert "no Dask scheduler answers at 'tcp://127.0.0.1:1'" in refused.stderr
    assert not (tmp_path / "out").exists()
