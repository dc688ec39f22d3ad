"""SIGTERM at a hundred random moments: what is on disk is always whole, and a rerun completes it.

The runs are forked from one process that has imported everything and done nothing, and their
workers have a fake model, so that a hundred of them take minutes and not an hour. All else is real.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import by_image, leftovers, make_photographs, trimaps
from moments_fakes import one_run

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="forks")]

MOMENTS, GOES_ON, IMAGES = 100, 5, 12
FORKS = multiprocessing.get_context("forkserver")  # not of this process: other tests leave threads
GRACE_SECONDS = 60.0  # far beyond the 10 s that are promised: the machine may be busy


@pytest.fixture(scope="module", autouse=True)
def _runs_begin_with_everything_imported() -> Iterator[None]:
    FORKS.set_forkserver_preload(["moments_fakes"])
    with pytest.MonkeyPatch.context() as patch:  # not every Python tells the server its path
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        yield


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("moments") / "in"
    make_photographs(folder, IMAGES)
    return folder


def begin(source: Path, output: Path) -> multiprocessing.process.BaseProcess:
    process = FORKS.Process(target=one_run, args=(source, output))
    process.start()
    return process


def test_at_any_moment(source: Path, tmp_path: Path) -> None:
    undisturbed = tmp_path / "undisturbed"
    began = time.monotonic()
    assert ended(begin(source, undisturbed)) == 0
    lasts = time.monotonic() - began

    codes = set()
    moments = random.Random(0)
    for number in range(MOMENTS):
        output = tmp_path / f"{number // GOES_ON:02}"  # the next run goes on where this one was
        running = begin(source, output)
        time.sleep(moments.uniform(0, lasts))
        if running.is_alive():
            os.kill(running.pid, signal.SIGTERM)
        codes.add(ended(running))
        assert_sound(output, undisturbed)
        if number % GOES_ON == GOES_ON - 1:
            assert ended(begin(source, output)) == 0
            assert trimaps(output) == trimaps(undisturbed)
            assert leftovers(output) == []
            assert len(by_image(output)) == IMAGES
    assert codes <= {0, 143, -signal.SIGTERM}  # the last before automask listens to signals
    assert 143 in codes


def ended(running: multiprocessing.process.BaseProcess) -> int | None:
    """The exit code; None where it is still running after far more than it is given."""
    running.join(GRACE_SECONDS)
    return running.exitcode


def assert_sound(output: Path, undisturbed: Path) -> None:
    """One whole record for each image, and the mask of each is the right one."""
    masks, right = trimaps(output), trimaps(undisturbed)
    for record in by_image(output).values():
        name = f"{Path(record['image']).stem}.png"
        assert record["status"] == "ok"
        assert masks[name] == right[name]
