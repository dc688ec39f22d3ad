"""What a worker is: all that it needs to make its context, and how long it outlives its parent."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automask.config import RunConfig
from automask.image.process import WorkerContext
from automask.sam.weights import Weights

PARENT_CHECK_SECONDS = 0.5
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
SAM_IMPORTS = "automask.sam.propose"
DIED = "its worker process died"

Owner = AbstractContextManager[Any]  # held while the model works


@dataclass(frozen=True)
class WorkerSetup:
    """All that a worker needs to make its context; small, so that it travels cheaply."""

    config: RunConfig
    weights: Weights
    mapped: Path  # the float32 weights that all workers map
    device: str
    threads: int
    labels: dict[str, Any]  # the fields of a record that are the same for all images
    make_context: Callable[[WorkerSetup, Owner | None], WorkerContext]  # called once in each worker
    batch_divisor: int = 1  # blocks of points are smaller by this, where memory ran short
    imports: str = SAM_IMPORTS  # slow imports, measured apart from the model


def model_context(setup: WorkerSetup, owner: Owner | None) -> WorkerContext:
    """The bench of a real run: the model, its weights mapped, with the threads it may use."""
    import cv2
    import torch

    from automask.proposer import load_proposer

    torch.set_num_threads(setup.threads)
    cv2.setNumThreads(setup.threads)
    config = setup.config
    proposer = load_proposer(setup.weights, config, setup.device, setup.mapped, setup.batch_divisor)
    return WorkerContext(config, proposer, {**setup.labels, "dtype": proposer.dtype}, owner)


@contextmanager
def ends_with_error() -> Iterator[None]:
    """Ends this process where what is inside raises, with the traceback on standard error.

    For what `process` lets pass: a GPU that is lost to this process, a library that calls
    `sys.exit`. Who waits for the answer hears of the end, and never of an error in a thread.
    """
    try:
        yield
    except BaseException as error:
        try:
            traceback.print_exc()
            # Once more, at the end: CUDA's errors go on with lines of advice.
            what = str(error).partition("\n")[0]
            print(f"{type(error).__name__}: {what}", file=sys.stderr, flush=True)
        finally:
            os._exit(1)


def watch_parent(parent: int) -> None:
    """Lets this process end soon after its parent was killed: no orphan writes into a rerun."""
    threading.Thread(target=_die_with_parent, args=(parent,), daemon=True).start()


def _die_with_parent(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(PARENT_CHECK_SECONDS)
    os._exit(1)
