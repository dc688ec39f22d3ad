"""Killed at any moment, rerun: the same masks, one record for each image, no litter."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from harness import (
    PHOTOGRAPHS,
    assert_complete,
    by_image,
    is_running,
    run,
    run_real,
    start,
    start_real,
    wait_for,
    wait_for_records,
    worker_pids,
)

pytestmark = pytest.mark.slow


def test_the_parent_killed_then_rerun(photographs: Path, undisturbed: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    running = start(photographs, output)
    wait_for_records(output, 3)
    workers = worker_pids(output)
    running.kill()
    running.wait()
    wait_for(lambda: not any(map(is_running, workers)), "orphaned workers to end themselves")
    assert len(by_image(output)) < PHOTOGRAPHS

    again = run(photographs, output)
    assert again.returncode == 0, again.stderr
    assert_complete(output, undisturbed)


def test_a_killed_run_of_the_bundled_model_is_completed_by_a_rerun(
    photographs: Path, tmp_path: Path
) -> None:
    output, undisturbed = tmp_path / "out", tmp_path / "undisturbed"
    assert run_real(photographs, undisturbed, "--limit", "6").returncode == 0
    running = start_real(photographs, output, "--limit", "6")
    wait_for_records(output, 2)
    running.kill()
    running.wait()
    again = run_real(photographs, output, "--limit", "6")
    assert again.returncode == 0, again.stderr
    assert_complete(output, undisturbed)


def test_a_worker_killed_while_the_run_goes_on(
    photographs: Path, undisturbed: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    running = start(photographs, output)
    wait_for_records(output, 3)
    os.kill(next(iter(worker_pids(output))), signal.SIGKILL)
    running.communicate()
    assert running.returncode == 0
    assert_complete(output, undisturbed)
    assert max(r["attempts"] for r in by_image(output).values()) == 2


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGUSR1, 138), (signal.SIGTERM, 143)]
)
def test_a_signal_stops_the_run_with_its_code_and_a_rerun_completes_it(
    photographs: Path, undisturbed: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    output = tmp_path / "out"
    running = start(photographs, output)
    wait_for_records(output, 2)
    running.send_signal(number)
    _, errors = running.communicate()
    assert running.returncode == code
    done = len(by_image(output))
    assert f"Interrupted: {done} of {PHOTOGRAPHS} done. Run the same command to go on" in errors
    assert "Traceback" not in errors

    again = run(photographs, output)
    assert again.returncode == 0, again.stderr
    assert_complete(output, undisturbed)


def test_a_torn_last_record_costs_its_image_one_more_turn(
    photographs: Path, undisturbed: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    run(photographs, output, "--limit", "4")
    ledger = output / "records" / "run.jsonl"
    ledger.write_bytes(ledger.read_bytes()[:-30])

    again = run(photographs, output)
    assert again.returncode == 0, again.stderr
    assert "3 done before" in again.stdout
    assert_complete(output, undisturbed)


def test_what_a_killed_writer_left_is_cleaned_by_the_rerun(
    photographs: Path, undisturbed: Path, tmp_path: Path
) -> None:
    from automask.system.files import partial_name

    output = tmp_path / "out"
    (output / "trimaps").mkdir(parents=True)
    (output / "trimaps" / partial_name("photo_03.png")).write_bytes(b"half a picture")
    assert run(photographs, output).returncode == 0
    assert_complete(output, undisturbed)
