"""What handing an image to a Dask worker costs: the table of docs/dask.md.

A model that only waits 10 ms, one worker, the same images on this machine's own pool and on a Dask
cluster on 127.0.0.1, by the worker's threads. Needs the `dev` extra:

    .venv/bin/python benchmarks/dask_rate.py
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "fakes")]

from dask_fakes import make_dask_setup  # noqa: E402
from dask_processes import Cluster  # noqa: E402
from fakes import FINE, make_images, make_setup  # noqa: E402

from automask.image.pipeline import Outcome  # noqa: E402
from automask.pool.dask.cluster import run_on_cluster  # noqa: E402
from automask.pool.ladder import make_ladder  # noqa: E402
from automask.pool.patience import Patience  # noqa: E402
from automask.pool.supervisor import Supervisor  # noqa: E402
from automask.records import Job  # noqa: E402
from automask.system.cores import Crew  # noqa: E402
from automask.system.signals import Stop  # noqa: E402

IMAGES = 200
ROUNDS = 3
THREADS = (1, 2, 3)


def milliseconds(outcomes: Iterator[Outcome]) -> float:
    """Of each image, once the first is done and the worker runs."""
    next(outcomes)
    began = time.perf_counter()
    count = sum(1 for _ in outcomes)
    return 1000 * (time.perf_counter() - began) / count


def main() -> None:
    """Rounds in turns, of which the median counts: other programs disturb all alike."""
    with tempfile.TemporaryDirectory() as folder:
        root, clusters = Path(folder), [Cluster() for _ in THREADS]
        jobs = make_images(root / "in", [FINE] * IMAGES)
        try:
            for cluster, threads in zip(clusters, THREADS, strict=True):
                cluster.add_worker("--nthreads", str(threads))
            rows = [one_round(root, jobs, clusters) for _ in range(ROUNDS)]
        finally:
            for cluster in clusters:
                cluster.stop()
    names = ["this machine's own pool", *(f"Dask, `--nthreads {threads}`" for threads in THREADS)]
    for name, times in zip(names, zip(*rows, strict=True), strict=True):
        print(f"| {name} | {median(times):.0f} ms |")


def one_round(root: Path, jobs: list[Job], clusters: list[Cluster]) -> list[float]:
    """Milliseconds of an image on this machine, then on each cluster."""
    patience, stop = Patience(retries=2, timeout=60.0), Stop()
    ladder = make_ladder("cpu", Crew(1, 1), cores=1)
    here = Supervisor(make_setup(root), ladder, patience, root, stop).outcomes(jobs)
    setup = make_dask_setup(root)
    there = (run_on_cluster(jobs, setup, c.address, patience, stop) for c in clusters)
    return [milliseconds(outcomes) for outcomes in (here, *there)]


if __name__ == "__main__":
    main()
