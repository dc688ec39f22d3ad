"""What other work on the machine costs a run, with threads that spin while they wait and without.

    python benchmarks/busy.py IMAGES [--limit 12] [--rounds 3]

A run with one worker of two threads, on the first two cores of this process: alone, and beside a
loop that keeps one of them busy. Each in turn with OpenMP's own way of waiting (threads spin for
300,000 turns, `GOMP_SPINCOUNT`) and with automask's (they give their core away). Prints seconds an
image, the median of the rounds: of the model and the choice, loading and writing left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

SPINNING = {"GOMP_SPINCOUNT": "300000"}  # libgomp's own, where no policy is set
WAYS = {"spinning": SPINNING, "giving way": {}}
STAGES = ("seconds_encode", "seconds_decode", "seconds_choose", "seconds_refine")


@contextmanager
def other_work(is_there: bool, core: int) -> Iterator[None]:
    """A process that computes on one core as long as the block lasts."""
    if not is_there:
        yield
        return
    loop = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    os.sched_setaffinity(loop.pid, {core})
    try:
        yield
    finally:
        loop.kill()
        loop.wait()


def seconds_an_image(images: Path, limit: int, extra: dict[str, str]) -> float:
    """The median over the photographs of a run."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "automask", "run", str(images), folder, "--device", "cpu",
            "--workers", "1", "--threads", "2", "--limit", str(limit), "--no-report",
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **extra})
        lines = Path(folder, "records", "run.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines[1:]]  # the first loads kernels
    return statistics.median(sum(record[stage] for stage in STAGES) for record in records)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("--limit", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, cores)
    os.environ.pop("OMP_WAIT_POLICY", None)
    found: dict[tuple[bool, str], list[float]] = {}
    for _, is_busy, way in product(range(options.rounds), (False, True), WAYS):
        with other_work(is_busy, cores[0]):
            seconds = seconds_an_image(options.images, options.limit, WAYS[way])
        found.setdefault((is_busy, way), []).append(seconds)
    for (is_busy, way), seconds_of_rounds in found.items():
        rounds = ", ".join(f"{seconds:.3f}" for seconds in seconds_of_rounds)
        machine = "busy" if is_busy else "quiet"
        print(f"{machine:5} {way:10} {statistics.median(seconds_of_rounds):.3f} s  ({rounds})")


if __name__ == "__main__":
    main()
