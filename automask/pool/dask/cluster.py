"""The images of a run on the workers of a Dask cluster: what the supervisor is for one machine.

`distributed` directly and not joblib's Dask backend: joblib gives up the whole run when a worker
is lost, and has its results only in order. Here each image goes to one worker by name, none waits
in a queue on a worker, and so a worker that dies costs what was in its hands and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from automask.config import CHOICE_FILE
from automask.errors import UsageError
from automask.image.process import Outcome
from automask.pool.dask.dispatch import Dispatch
from automask.pool.dask.link import connected
from automask.pool.dask.worker import Errand
from automask.pool.patience import Patience
from automask.pool.workers import WorkerSetup
from automask.records import Job
from automask.system.files import write_atomic
from automask.system.signals import Stop


def refuse_unreachable(address: str) -> None:
    """Raises UsageError where no scheduler answers at this address."""
    with connected(address):
        pass


def run_on_cluster(
    jobs: Iterable[Job],
    setup: WorkerSetup,
    address: str,
    patience: Patience,
    stop: Stop,
) -> Iterator[Outcome]:
    """Outcomes of all jobs from the Dask cluster whose scheduler is at `address`; one for each,
    fewer where a signal stopped it.

    An image whose worker dies is tried again alone, `retries` times, and is then a failed record;
    one that takes longer than `timeout` seconds by the clock ends its worker. Raises UsageError
    where there is no scheduler or a worker is not fit for the run, ClusterError where the cluster
    is lost, and what concerns every image (weights, settings).
    """
    waiting = deque(jobs)
    if not waiting:
        return
    setup = _absolute(setup)
    with _probe(setup.config.output) as (probe, secret), connected(address) as line:
        errand = _errand(setup, waiting, probe, secret, patience.timeout)
        with stop.calling(line.wake):
            yield from Dispatch(line, waiting, errand, patience.retries, stop).outcomes()


def _absolute(setup: WorkerSetup) -> WorkerSetup:
    """Workers have other working folders."""
    config = setup.config
    paths: dict[str, Any] = {
        "input": config.input.absolute(),
        "output": config.output.absolute(),
        "weights": config.weights.absolute() if config.weights else None,
        "choose": config.choose.model_copy(update={"fitted": config.choose.fitted.absolute()}),
    }
    weights = replace(setup.weights, file=setup.weights.file.absolute())
    return replace(setup, config=config.model_copy(update=paths), weights=weights)


@contextmanager
def _probe(output: Path) -> Iterator[tuple[str, str]]:
    """A file in the output by which workers know it: its name, and what stands in it.

    Always the same name: what a killed run left is replaced, and then removed, by the next.
    """
    probe, secret = output / ".automask-cluster.probe", uuid4().hex
    try:
        write_atomic(probe, secret.encode())
    except OSError as error:
        raise UsageError(f"cannot write into {output}: {error.strerror}") from error
    try:
        yield probe.name, secret
    finally:
        probe.unlink(missing_ok=True)


def _errand(
    setup: WorkerSetup, jobs: Iterable[Job], probe: str, secret: str, timeout: float | None
) -> Errand:
    """The witness is a photograph that this machine sees."""
    folder = setup.config.input
    seen = (job.image for job in jobs if os.path.lexists(folder / job.image))
    return Errand(
        setup,
        _digest(setup),
        setup.config.choose.fitted == CHOICE_FILE.absolute(),
        next(seen, "."),
        probe,
        secret,
        timeout,
    )


def _digest(setup: WorkerSetup) -> str:
    """Of all that a context is made of; a rerun, another generation, needs no other model."""
    labels = {**setup.labels, "generation": None}
    return hashlib.sha256(pickle.dumps(replace(setup, labels=labels))).hexdigest()
