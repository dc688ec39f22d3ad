"""Memory of a process; what else a worker does, test_team.py sees from outside."""

from __future__ import annotations

import subprocess
import sys

PEAK = "from automask.pool.worker import peak_memory_mb; print(peak_memory_mb())"


def peak_of(code: str) -> float:
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(shown.stdout)


def test_the_peak_is_kept_after_the_memory_was_given_back() -> None:
    grow = "import numpy; numpy.ones(2**25); "  # 256 MiB of float64
    # Not the difference of the two: what is imported after the growth takes the place given back.
    assert peak_of(PEAK) < 256 < peak_of(grow + PEAK)


def test_the_peak_of_the_process_that_started_it_is_not_its_own() -> None:
    start = "import numpy, subprocess, sys; large = numpy.ones(2**25); "
    nested = f"subprocess.run([sys.executable, '-c', {PEAK!r}])"
    assert peak_of(start + nested) - peak_of(PEAK) < 100
