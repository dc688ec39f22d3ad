"""Two runs into one output, and photographs that go while a run lasts."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness import (
    PHOTOGRAPHS,
    assert_complete,
    by_image,
    make_photographs,
    run,
    start,
    trimaps,
    wait_for_records,
)

pytestmark = pytest.mark.slow


@contextmanager
def standing_still(running: subprocess.Popen[str]) -> Iterator[None]:
    """Twenty small photographs are masked sooner than a second command is started."""
    running.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        running.send_signal(signal.SIGCONT)


def test_the_second_run_is_refused_and_the_first_is_not_disturbed(
    photographs: Path, undisturbed: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    first = start(photographs, output)
    wait_for_records(output, 1)
    with standing_still(first):
        second = run(photographs, output)
    assert second.returncode == 5
    assert f"process {first.pid}" in second.stderr

    _, errors = first.communicate()
    assert first.returncode == 0, errors
    assert_complete(output, undisturbed)


def test_status_counts_while_the_run_goes_on(photographs: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    running = start(photographs, output)
    wait_for_records(output, 2)
    with standing_still(running):
        shown = status(output)
    running.communicate()
    assert 2 <= shown["ok"] < PHOTOGRAPHS
    assert shown["ok"] + shown["left"] == PHOTOGRAPHS
    assert [task["is_running"] for task in shown["tasks"]] == [True]
    assert status(output)["left"] == 0


def status(output: Path) -> dict:
    command = [sys.executable, "-m", "automask", "status", str(output), "--json"]
    return json.loads(subprocess.run(command, capture_output=True, check=False).stdout)


def test_a_photograph_that_goes_while_the_run_lasts_is_a_failure_of_its_own(tmp_path: Path) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    make_photographs(source, 12)
    running = start(source, output, "--workers", "1")
    wait_for_records(output, 1)
    with standing_still(running):
        (source / "photo_11.png").unlink()
    running.communicate()
    assert running.returncode == 1
    records = by_image(output)
    assert [i for i, r in records.items() if r["status"] == "failed"] == ["photo_11.png"]
    assert "photo_11.png" in records["photo_11.png"]["error"]


def test_masks_of_another_folder_with_the_same_names_are_not_overwritten(tmp_path: Path) -> None:
    spring, autumn, output = tmp_path / "spring", tmp_path / "autumn", tmp_path / "out"
    for season, content in ((spring, 0), (autumn, 1)):
        make_photographs(tmp_path / "all", 2)
        season.mkdir()
        (tmp_path / "all" / f"photo_{content:02}.png").rename(season / "a.png")
    assert run(spring, output).returncode == 0
    masks = trimaps(output)

    refused = run(autumn, output)
    assert refused.returncode == 2
    assert f"made from {spring}" in refused.stderr
    assert trimaps(output) == masks

    assert run(autumn, output, "--overwrite").returncode == 0
    assert trimaps(output) != masks
