"""What runs inside a Dask worker: it settles in once, then takes image after image.

The cluster knows these functions by name; nothing here imports `distributed`.
"""

from __future__ import annotations

import faulthandler
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from uuid import uuid4

from automask import __version__
from automask.config import CHOICE_FILE, MASK_RULES, RunConfig, settings_digest
from automask.errors import UsageError, WeightsError
from automask.image.process import Outcome, WorkerContext, process
from automask.image.scorer import scorer_sha256
from automask.pool.workers import WorkerSetup, ends_with_error
from automask.records import Job
from automask.sam.weights import Weights, locate, sha256_of
from automask.system.cores import wait_without_spinning

RECENT_SECONDS = 60.0  # a model unused for longer makes room for that of another run
IDLE_SECONDS = 900.0  # after its last image the model's memory is given back to the cluster

SHARED = (
    "input and output must lie on a file system that all workers have under the same path as "
    "the machine that runs automask"
)


@dataclass(frozen=True)
class Facts:
    """What must be the same on a worker before anything else is sent to it."""

    version: str  # of automask
    rules: int  # by which masks are made


@dataclass(frozen=True)
class Errand:
    """A run, as a worker needs to know it. Paths are absolute."""

    setup: WorkerSetup
    digest: str  # of all the setup says; names the context that is made of it
    has_bundled_choice: bool  # the choice's weights are automask's own, wherever it is installed
    witness: str  # a photograph that must be there, relative to the input
    probe: str  # name of a file in the output, written by the run
    secret: str  # what stands in it
    timeout: float | None  # seconds an image may take; None: any


@dataclass(frozen=True)
class Settled:
    """A worker that has its model."""

    token: str  # of its process
    name: str  # host:process id, as in the records


class Reply(Enum):
    """Why a worker did not take an image."""

    REPLACED = "its process is not the one that settled in"
    FORGOTTEN = "its model was given back while it was idle"


_token = uuid4().hex  # a worker that starts again under its old address has another
_contexts: dict[str, WorkerContext] = {}
_used: dict[str, float] = {}  # when last, by digest; monotonic seconds
_making = threading.Lock()
_model = threading.Lock()  # one image at a time in the models of this process
_idle: threading.Timer | None = None


def facts() -> Facts:
    """The automask that this process runs."""
    return Facts(__version__, MASK_RULES)


def settle(errand: Errand, threads: int) -> Settled:
    """Checks that this worker may do the errand, and makes its context.

    threads: of the model, where the run asks for no number. Raises UsageError where the folders
    are not those of the run, WeightsError, DeviceError and others where the model cannot be had.
    """
    refuse_other_folders(errand)
    wait_without_spinning()
    with _making:
        if errand.digest not in _contexts:
            _drop_unused()
            setup = at_home(errand, threads)
            _contexts[errand.digest] = setup.make_context(setup, _model)
        context, generation = _contexts[errand.digest], errand.setup.labels["generation"]
        labels = {**context.labels, "generation": generation}
        _contexts[errand.digest] = replace(context, labels=labels)
        _used[errand.digest] = time.monotonic()
    _give_back_when_idle()
    return Settled(_token, f"{socket.gethostname()}:{os.getpid()}")


def work(token: str, digest: str, job: Job, timeout: float | None) -> Outcome | Reply:
    """One image, by the process that settled in. Where the GPU is lost to it, it ends."""
    if token != _token:
        return Reply.REPLACED
    context = _contexts.get(digest)
    if context is None:
        return Reply.FORGOTTEN
    with ends_after(timeout), ends_with_error():
        outcome = process(job, context)
    _used[digest] = time.monotonic()
    _give_back_when_idle()
    return outcome


def _drop_unused() -> None:
    latest = time.monotonic() - RECENT_SECONDS
    for digest in [d for d in _contexts if _used[d] < latest]:
        del _contexts[digest]


def at_home(errand: Errand, threads: int) -> WorkerSetup:
    """The setup with this worker's own device, weights and files in place of the run's.

    Raises WeightsError or UsageError where masks made here would not be those of the run.
    """
    theirs = errand.setup
    config = _own_config(theirs.config, errand.has_bundled_choice)
    weights = own_weights(theirs.weights, config)
    settings = config.mask_settings(weights.sha256, scorer_sha256(config.choose.fitted))
    if settings_digest(settings) != theirs.labels["settings"]:
        raise UsageError("its settings come to other masks than the run's; install the same there")
    device = _device(theirs.device)
    return replace(
        theirs,
        config=config,
        weights=weights,
        mapped=weights.file,
        device=device,
        threads=config.threads or threads,
        labels={**theirs.labels, "device": device},
    )


def _own_config(config: RunConfig, has_bundled_choice: bool) -> RunConfig:
    if not has_bundled_choice:
        return config
    choose = config.choose.model_copy(update={"fitted": CHOICE_FILE})
    return config.model_copy(update={"choose": choose})


def own_weights(theirs: Weights, config: RunConfig) -> Weights:
    """The run's file if this worker sees it, else what it finds by the model's name.

    Raises WeightsError where there is none, or where its SHA-256 is not that of the run's.
    """
    if theirs.file.is_file():
        own = replace(theirs, sha256=sha256_of(theirs.file))
    else:
        own = locate(config.model, config.arch, config.weights)
    if own.sha256 != theirs.sha256:
        raise WeightsError(
            f"{own.file} is not the file that this run began with; its SHA-256 is\n"
            f"  {own.sha256}, it should be\n  {theirs.sha256}; copy the same file there"
        )
    return own


def _device(asked: str) -> str:
    if asked == "cpu":
        return asked
    from automask.sam.device import resolve_device

    return str(resolve_device(asked))


def refuse_other_folders(errand: Errand) -> None:
    """Raises UsageError where this worker sees other folders than the run, or cannot write."""
    config = errand.setup.config
    photograph = config.input / errand.witness
    if not os.path.lexists(photograph):
        raise UsageError(f"does not see {str(photograph)!a}; {SHARED}")
    try:
        is_same = (config.output / errand.probe).read_text() == errand.secret
    except OSError:
        is_same = False
    if not is_same:
        raise UsageError(f"does not see what the run wrote into {str(config.output)!a}; {SHARED}")
    _write_probe(config.output)


def _write_probe(output: Path) -> None:
    probe = output / f".automask-{_token}.probe"
    try:
        probe.write_text(_token)
        probe.unlink()
    except OSError as error:
        raise UsageError(f"cannot write into {str(output)!a}: {error.strerror}") from error


_deadlines: dict[int, float] = {}  # of the images in hand, by thread; monotonic seconds
_watch = threading.Lock()


@contextmanager
def ends_after(seconds: float | None) -> Iterator[None]:
    """Ends this process where what is inside takes longer, even where it never lets Python run.

    faulthandler's own thread needs no interpreter lock. It first writes to the worker's log where
    each thread stood.
    """
    if seconds is None:
        yield
        return
    _set_deadline(time.monotonic() + seconds)
    try:
        yield
    finally:
        _set_deadline(None)


def _set_deadline(deadline: float | None) -> None:
    """There is one watch for all threads: it is set to the earliest end."""
    with _watch:
        if deadline is None:
            del _deadlines[threading.get_ident()]
        else:
            _deadlines[threading.get_ident()] = deadline
        if not _deadlines:
            faulthandler.cancel_dump_traceback_later()
            return
        left = max(min(_deadlines.values()) - time.monotonic(), 0.001)
        faulthandler.dump_traceback_later(left, exit=True, file=sys.__stderr__ or sys.stderr)


def _give_back_when_idle() -> None:
    global _idle
    with _watch:
        if _idle is not None:
            _idle.cancel()
        _idle = threading.Timer(IDLE_SECONDS, _contexts.clear)
        _idle.daemon = True
        _idle.start()
