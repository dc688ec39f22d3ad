"""Seconds that count for a worker's timeout."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from automask.pool.patience import ComputeClock, counted


@pytest.mark.parametrize(
    ("used", "counts"), [(10.0, 10.0), (1.0, 10.0), (80.0, 10.0), (0.9, 2.5), (0.0, 2.5)]
)
def test_of_ten_seconds_those_of_work_count_and_a_quarter_of_those_of_waiting(
    used: float, counts: float
) -> None:
    assert counted(10.0, used) == counts


def test_a_process_that_spins_counts_by_the_clock() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as spins:
        clock = ComputeClock(spins.pid)
        laps = [_half_a_second(clock)]
        while max(laps) < 0.5 and len(laps) < 60:  # it is among others that want its core
            laps.append(_half_a_second(clock))
        spins.kill()
    assert max(laps) >= 0.5


def _half_a_second(clock: ComputeClock) -> float:
    time.sleep(0.5)
    return clock.lap()


def test_a_process_that_sleeps_counts_a_quarter() -> None:
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as sleeps:
        os.kill(sleeps.pid, signal.SIGSTOP)
        clock = ComputeClock(sleeps.pid)
        began = time.monotonic()
        time.sleep(0.5)
        lap = clock.lap()
        took = time.monotonic() - began
        sleeps.kill()
    assert lap <= took / 2


def test_a_process_that_died_has_used_no_more() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        clock = ComputeClock(process.pid)
    assert clock.lap() < 60
