"""The workers: jobs go in, outcomes come out in the order they are finished.

On a CPU each worker is a process (joblib's loky) with its own model, whose weights it maps from
one file. joblib's own `Parallel` gives up the whole run when a process dies; here a dead process
costs the images that were in hand, which are tried once more, each alone, so that the one that
kills its process is found and the others are saved.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from automask.config import RunConfig
from automask.image.pipeline import Bench, Outcome, lost, process
from automask.records import Job
from automask.sam.weights import Weights

PARENT_CHECK_SECONDS = 0.5
IDLE_SECONDS = 3600  # a worker may wait this long for its next image
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
DIED = "its worker process died (killed, out of memory, or a crash in a library)"

Owner = AbstractContextManager[Any]  # held while the model works


@dataclass(frozen=True)
class WorkerSetup:
    """All that a worker needs to make its bench; small, so that it travels cheaply."""

    config: RunConfig
    weights: Weights
    mapped: Path  # the float32 weights that all workers map
    device: str
    threads: int
    labels: dict[str, Any]  # the fields of a record that are the same for all images
    make_bench: Callable[[WorkerSetup, Owner | None], Bench]  # called once in each worker


def run_in_processes(jobs: Iterable[Job], setup: WorkerSetup, workers: int) -> Iterator[Outcome]:
    """Outcomes of all jobs from a pool of processes, one outcome for each job.

    An image whose process dies even while it is tried alone becomes a failed record. Errors that
    concern every image (weights, settings) are raised.
    """
    waiting = deque(jobs)
    while waiting:
        in_hand = yield from _drain_processes(waiting, setup, workers)
        for job in in_hand:
            again = replace(job, attempts=job.attempts + 1)
            for dead in (yield from _drain_processes(deque([again]), setup, 1)):
                yield lost(dead, setup.config, setup.labels, DIED)


def run_in_threads(jobs: Iterable[Job], setup: WorkerSetup, workers: int) -> Iterator[Outcome]:
    """Outcomes of all jobs from threads around one model: for a GPU.

    Loading and writing overlap with computing; the model itself has one user at a time.
    """
    bench = setup.make_bench(setup, threading.Lock())
    with ThreadPoolExecutor(workers) as executor:
        try:
            yield from _drain(executor, partial(process, bench=bench), deque(jobs), {}, workers)
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


def _drain_processes(
    waiting: deque[Job], setup: WorkerSetup, workers: int
) -> Generator[Outcome, None, list[Job]]:
    """Runs what is waiting in a fresh pool; returns the jobs that were in hand if it broke."""
    from joblib.externals.loky.process_executor import BrokenProcessPool, ProcessPoolExecutor

    executor = ProcessPoolExecutor(
        max_workers=workers,
        timeout=IDLE_SECONDS,
        initializer=_start_worker,
        initargs=(setup, os.getpid()),
        env=dict.fromkeys(THREAD_VARIABLES, str(setup.threads)),
    )
    in_hand: dict[Future[Outcome], Job] = {}
    try:
        yield from _drain(executor, _work, waiting, in_hand, workers)
    except BrokenProcessPool:
        return list(in_hand.values())
    finally:
        executor.shutdown(wait=False, kill_workers=True)
    return []


def _drain(
    executor: Executor,
    work: Callable[[Job], Outcome],
    waiting: deque[Job],
    in_hand: dict[Future[Outcome], Job],
    workers: int,
) -> Iterator[Outcome]:
    """Submits a job more than there are workers, so that none waits for the parent."""
    while waiting or in_hand:
        while waiting and len(in_hand) <= workers:
            in_hand[executor.submit(work, waiting[0])] = waiting[0]
            waiting.popleft()  # only now: submitting to a pool that just broke raises
        for future in wait(in_hand, return_when=FIRST_COMPLETED).done:
            outcome = future.result()
            del in_hand[future]
            yield outcome


_setup: WorkerSetup | None = None  # of this worker process
_bench: Bench | None = None  # made with the first job, so that its errors reach the parent


def _start_worker(setup: WorkerSetup, parent: int) -> None:
    global _setup
    _setup = setup
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; parent decides
    watch_parent(parent)


def _work(job: Job) -> Outcome:
    global _bench
    if _bench is None:
        assert _setup is not None, "the pool's initializer sets it"
        _bench = _setup.make_bench(_setup, None)
    return process(job, _bench)


def model_bench(setup: WorkerSetup, owner: Owner | None) -> Bench:
    """The bench of a real run: the model, its weights mapped, with the threads it may use."""
    import cv2
    import torch

    from automask.proposer import make_proposer
    from automask.sam.build import build

    torch.set_num_threads(setup.threads)
    cv2.setNumThreads(setup.threads)
    config = setup.config
    model = build(setup.weights, setup.mapped).to(setup.device)
    proposer = make_proposer(model, setup.weights, config)
    return Bench(config, proposer, {**setup.labels, "dtype": proposer.dtype}, owner)


def watch_parent(parent: int) -> None:
    """Lets this process end soon after its parent was killed: no orphan writes into a rerun."""
    threading.Thread(target=_die_with_parent, args=(parent,), daemon=True).start()


def _die_with_parent(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(PARENT_CHECK_SECONDS)
    os._exit(1)
