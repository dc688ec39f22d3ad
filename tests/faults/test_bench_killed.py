"""A bench that is broken on purpose: a clear error, and no process left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from harness import is_running, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def bench(photographs: Path, tmp_path: Path) -> subprocess.Popen[str]:
    """A bench of one variant in the background, in a process group of its own."""
    config, scratch = tmp_path / "config.toml", tmp_path / "scratch"
    config.write_text("[propose.settings]\npoints_per_side = 3\n")
    scratch.mkdir()
    flags = ("--images", photographs, "--config", config, "--rounds", 200)
    where = ("--devices", "cpu", "--generators", "fast", "--workers", 1, "--threads", 1)
    return subprocess.Popen(
        [sys.executable, "-m", "automask", "bench", *map(str, (*flags, *where))],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )  # fmt: skip


def worker_of(bench: subprocess.Popen[str]) -> int:
    """The process id of the worker, once it measures."""
    assert bench.stdout is not None
    for line in bench.stdout:
        if line.startswith("round 1"):
            break
    (worker,) = psutil.Process(bench.pid).children()
    return worker.pid


def test_a_killed_worker_is_an_error_that_names_its_variant(
    bench: subprocess.Popen[str], tmp_path: Path
) -> None:
    os.kill(worker_of(bench), signal.SIGKILL)
    _, errors = bench.communicate()
    assert bench.returncode == 1
    assert "tiny cpu fast: its worker process died" in errors
    assert "Traceback" not in errors
    assert list((tmp_path / "scratch").glob("automask-*")) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_all_processes_and_leaves_nothing(
    bench: subprocess.Popen[str], tmp_path: Path, number: signal.Signals, code: int
) -> None:
    worker = worker_of(bench)
    os.killpg(bench.pid, number)  # as a terminal does with Ctrl-C
    _, errors = bench.communicate()
    assert bench.returncode == code
    assert "Traceback" not in errors
    assert not is_running(worker)
    assert list((tmp_path / "scratch").glob("automask-*")) == []


def test_workers_end_soon_after_their_parent_was_killed(bench: subprocess.Popen[str]) -> None:
    worker = worker_of(bench)
    bench.kill()
    bench.communicate()
    wait_for(lambda: not is_running(worker), "the worker to end itself")
