"""The line to a Dask cluster: calls go out to single workers, answers come in.

The one module that imports `distributed`, and only when a cluster is requested.
"""

from __future__ import annotations

import asyncio
import logging
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from automask.errors import ClusterError, UsageError

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 10.0
ROSTER_CHANGED = ""  # a key that no call has
LOGGERS = ("distributed", "distributed.client")  # the two that Dask gives a level of their own


class Gone(Exception):
    """The answer of a call whose worker died."""


class Withdrawn(Exception):
    """The answer of a call that the cluster dropped, such as when somebody restarts it."""


@contextmanager
def connected(address: str) -> Iterator[Link]:
    """A line to the scheduler at `address`, closed at the end; what is under way is withdrawn.

    TLS and other settings of the line are Dask's own configuration. Raises UsageError where
    `distributed` is not installed or nobody answers within 10 s.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError(
            "--scheduler needs Dask, which is not installed: pip install 'automask[dask]'"
        ) from error
    _refuse_malformed(address)
    with _quiet(), _client(Client, address) as client:
        yield Link(client, address)


def _refuse_malformed(address: str) -> None:
    """A client that fails over these takes 20 s to say so, and leaves a traceback when it goes."""
    from distributed import Security
    from distributed.comm.addressing import get_address_host_port

    try:
        get_address_host_port(address, strict=True)
    except ValueError as error:
        raise UsageError(
            f"{address!a} is no address of a Dask scheduler ({_first_line(error)}); "
            "it looks like tcp://HOST:8786"
        ) from error
    lacks_tls = Security().get_connection_args("client")["ssl_context"] is None
    if address.startswith("tls://") and lacks_tls:
        raise UsageError(
            f"{address!a} needs certificates: name them in Dask's own configuration, "
            "distributed.comm.tls"
        )


@contextmanager
def _client(make: type[Client], address: str) -> Iterator[Client]:
    try:
        client = make(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, asyncio.TimeoutError) as error:
        raise UsageError(
            f"no Dask scheduler answers at {address!a} within {CONNECT_SECONDS:g} s "
            f"({type(error).__name__}: {_first_line(error)}); start one with `dask scheduler`, "
            "which prints its address"
        ) from error
    try:
        yield client
    finally:
        client.close(timeout=CONNECT_SECONDS)


@contextmanager
def _quiet() -> Iterator[None]:
    """That the scheduler is gone our own error says, in fewer lines than Dask's tracebacks."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


class Link:
    """Calls to single workers and their answers, in the order they come."""

    def __init__(self, client: Client, address: str) -> None:
        self._client = client
        self._address = address
        self._answers: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._futures: dict[str, Future] = {}
        self._leaving: set[str] = set()
        client.subscribe_topic("all", self._heard)

    def members(self) -> dict[str, int]:
        """Threads of each worker that is there now, by address. Raises ClusterError."""
        if self._client.status != "running":
            raise self._lost_scheduler()
        try:
            threads: dict[str, int] = self._client.nthreads()
        except (OSError, asyncio.TimeoutError) as error:
            raise self._lost_scheduler() from error
        return threads

    def call(self, address: str, function: Callable[..., Any], *args: Any) -> str:
        """Calls a function on that worker and no other; returns the key of the answer to come.

        A call to a worker that is gone may have no answer.
        """
        key = f"automask-{uuid4().hex}"
        future = self._client.submit(
            function, *args, key=key, workers=[address], allow_other_workers=False,
            pure=False, retries=0,
        )  # fmt: skip
        self._futures[key] = future
        self._client.loop.add_callback(_pass_on, future, self._answers)
        return key

    def drop(self, key: str) -> None:
        """Withdraws a call; what its worker has begun it goes on with, unheard."""
        future = self._futures.pop(key, None)
        if future is not None:
            future.release()

    def answers(self, seconds: float) -> list[tuple[str, Any]]:
        """Keys and answers (an answer may be an exception) since the last time, at least one of
        them if it comes within so many seconds. Raises ClusterError where the scheduler is gone.
        """
        heard: list[tuple[str, Any]] = []
        try:
            heard.append(self._answers.get(timeout=seconds))
            while True:
                heard.append(self._answers.get_nowait())
        except queue.Empty:
            pass
        if self._client.status != "running":
            raise self._lost_scheduler()
        for key, _ in heard:
            self.drop(key)
        return heard

    def wake(self) -> None:
        """Lets `answers` return; may be called from a signal handler."""
        self._answers.put((ROSTER_CHANGED, None))

    def left_by_itself(self, address: str) -> bool:
        """Whether the worker was retired or said good-bye, rather than died."""
        return address in self._leaving

    def _heard(self, event: tuple[float, Any]) -> None:
        """Called by Dask for each event of the cluster, in its own thread."""
        report = event[1]
        if not isinstance(report, dict) or report.get("action") not in (
            "add-worker",
            "remove-worker",
        ):
            return
        if report["action"] == "add-worker":
            self._leaving.discard(report["worker"])
        elif report.get("expected"):
            self._leaving.add(report["worker"])
        self.wake()

    def _lost_scheduler(self) -> ClusterError:
        return ClusterError(
            f"stopped: the Dask scheduler at {self._address!a} is gone\n"
            "nothing finished is lost: when it is back, run the same command again"
        )


async def _pass_on(future: Future, answers: queue.SimpleQueue[tuple[str, Any]]) -> None:
    """Waits in Dask's loop, where a result that is lost with its worker holds up no other."""
    from distributed import KilledWorker

    try:
        answer: Any = await future
    except KilledWorker as error:
        answer = Gone(str(error))
    except Exception as error:
        answer = Withdrawn(str(error)) if future.cancelled() else error
    except BaseException as error:  # asyncio's CancelledError
        if not future.cancelled():
            raise
        answer = Withdrawn(str(error))
    answers.put((future.key, answer))


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
