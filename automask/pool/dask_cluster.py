"""The images of a run on the workers of a Dask cluster: `run_in_processes` for many machines.

`distributed` directly and not joblib's Dask backend: joblib gives up the whole run when a worker
is lost, and has its results only in order. Here each image goes to one worker by name, none waits
in a queue on a worker, and so a worker that dies costs what was in its hands and nothing else.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from automask.config import CHOICE_FILE
from automask.errors import AutomaskError, ClusterError, UsageError
from automask.image.pipeline import Outcome, lost
from automask.image.write import write_atomic
from automask.pool.dask_link import Gone, Withdrawn, connected
from automask.pool.dask_worker import Errand, Facts, Reply, Settled, facts, settle, work
from automask.pool.supervisor import GRACE_SECONDS, Patience
from automask.pool.workers import DIED, WorkerSetup
from automask.records import Job
from automask.signals import Stop

LOOK_SECONDS = 1.0  # between two looks at who is there
NOBODY_SECONDS = 600.0  # without any worker that could take an image; loading vit_h takes minutes
FROZEN_SECONDS = 60.0  # beyond the timeout, until a worker that cannot end itself is given up
IMAGES_AT_ONCE = 3  # a worker with threads: one in the model, one being loaded, one being written

logger = logging.getLogger(__name__)


class Line(Protocol):
    """What the dispatcher needs of the cluster; see dask_link.Link."""

    def members(self) -> dict[str, int]: ...
    def call(self, address: str, function: Any, *args: Any) -> str: ...
    def drop(self, key: str) -> None: ...
    def answers(self, seconds: float) -> list[tuple[str, Any]]: ...
    def left_by_itself(self, address: str) -> bool: ...


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
        with stop.told_to(line.wake):
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
    """Of all that a bench is made of; a rerun, another generation, needs no other model."""
    labels = {**setup.labels, "generation": None}
    return hashlib.sha256(pickle.dumps(replace(setup, labels=labels))).hexdigest()


@dataclass(eq=False)
class _Member:
    """A worker of the cluster."""

    address: str
    threads: int
    was_first: bool  # there when the run began: what is wrong with it is told at once
    settled: Settled | None = None
    is_refused: bool = False
    calls: dict[str, _Call] = field(default_factory=dict)

    @property
    def room(self) -> int:
        """How many more images it may have in hand; one that is tried again has it for itself."""
        if self.settled is None or any(c.is_alone for c in self.calls.values()):
            return 0
        return min(self.threads, IMAGES_AT_ONCE) - len(self.calls)


@dataclass(frozen=True)
class _Call:
    """What a worker was asked."""

    member: _Member
    job: Job | None  # None: who it is, or to settle in
    since: float  # monotonic, seconds

    @property
    def is_alone(self) -> bool:
        return self.job is not None and self.job.attempts > 1


class Dispatch:
    """Who does which image. All of it happens in the caller's thread."""

    def __init__(
        self, line: Line, waiting: deque[Job], errand: Errand, retries: int, stop: Stop
    ) -> None:
        self._line = line
        self._waiting = waiting
        self._suspects: deque[Job] = deque()  # each to be tried alone
        self._errand = errand
        self._facts = facts()
        self._retries = retries
        self._stop = stop
        self._members: dict[str, _Member] = {}
        self._calls: dict[str, _Call] = {}
        self._finished: deque[Outcome] = deque()
        self._refusals: dict[str, str] = {}  # by address
        self._is_first_look = True
        self._is_told_to_wait = False
        self._last_look = float("-inf")
        self._last_help = time.monotonic()

    def outcomes(self) -> Iterator[Outcome]:
        """Outcomes as they come, until each job has one or a signal asks for the end."""
        while self._has_work():
            self._look()
            self._hand_out()
            yield from self._heard()
            self._give_up_overdue()
        until = time.monotonic() + GRACE_SECONDS  # after a signal, for what is in hand
        while self._is_busy() and time.monotonic() < until:
            yield from self._heard()
        yield from self._finished  # of workers that were given up

    def _has_work(self) -> bool:
        if self._stop.is_wanted:
            return False
        return bool(self._waiting or self._suspects or self._is_busy())

    def _is_busy(self) -> bool:
        return any(call.job for call in self._calls.values())

    def _heard(self) -> Iterator[Outcome]:
        for key, answer in self._line.answers(LOOK_SECONDS):
            self._hear(key, answer)
        while self._finished:
            yield self._finished.popleft()

    def _look(self) -> None:
        """Who joined, who is gone; at most once a second."""
        now = time.monotonic()
        if now - self._last_look < LOOK_SECONDS:
            return
        self._last_look = now
        present = self._line.members()
        for member in [m for a, m in self._members.items() if a not in present]:
            self._lose(member)
        for address in present.keys() - self._members.keys():
            member = _Member(address, present[address], self._is_first_look)
            self._members[address] = member
            self._ask(member, None, facts)
        if not present and not self._is_told_to_wait:
            logger.warning("the Dask cluster has no worker now; waiting for one")
        self._is_told_to_wait = not present
        self._is_first_look = self._is_first_look and not present
        self._refuse_to_wait_for_ever(now)

    def _refuse_to_wait_for_ever(self, now: float) -> None:
        if any(member.settled for member in self._members.values()):
            self._last_help = now
        if now - self._last_help > NOBODY_SECONDS:
            told = "".join(f"\n  {fault}" for fault in self._refusals.values())
            raise ClusterError(
                f"stopped: for {NOBODY_SECONDS / 60:g} minutes the Dask cluster had no worker that "
                f"could take an image{told}\nnothing finished is lost: start workers, then run "
                "the same command again"
            )

    def _hand_out(self) -> None:
        """Images that lost their worker first, each to a worker that has nothing else in hand."""
        for member in self._members.values():
            if self._suspects:
                if member.room and not member.calls:
                    self._give(member, self._suspects.popleft())
                continue
            while self._waiting and member.room > 0:
                self._give(member, self._waiting.popleft())

    def _give(self, member: _Member, job: Job) -> None:
        assert member.settled is not None
        errand = self._errand
        self._ask(member, job, work, member.settled.token, errand.digest, job, errand.timeout)

    def _ask(self, member: _Member, job: Job | None, function: Any, *args: Any) -> None:
        key = self._line.call(member.address, function, *args)
        self._calls[key] = member.calls[key] = _Call(member, job, time.monotonic())

    def _hear(self, key: str, answer: Any) -> None:
        call = self._calls.get(key)
        if call is None:  # given up before, or news of the roster
            self._last_look = float("-inf")
            return
        if isinstance(answer, Gone) or answer is Reply.REPLACED:
            self._lose(call.member)
            return
        del self._calls[key], call.member.calls[key]
        if call.job is None:
            self._introduced(call.member, answer)
        else:
            self._answered(call.member, call.job, answer)

    def _introduced(self, member: _Member, answer: Any) -> None:
        """A worker said who it is, or that it has its model, or what keeps it from that."""
        if isinstance(answer, Withdrawn):
            del self._members[member.address]
        elif answer == self._facts:
            self._ask(member, None, settle, self._errand, member.threads)
        elif isinstance(answer, Settled):
            member.settled = answer
        elif isinstance(answer, AutomaskError):
            self._refuse(member, answer)
        else:
            self._refuse(member, UsageError(self._unlike(answer)))

    def _unlike(self, answer: Any) -> str:
        mine = self._facts
        if isinstance(answer, Facts):
            what = f"runs automask {answer.version} with mask rules {answer.rules}"
        else:
            what = f"cannot work for this run ({type(answer).__name__}: {answer})"
        return f"{what}; install automask {mine.version} with mask rules {mine.rules} there"

    def _refuse(self, member: _Member, error: AutomaskError) -> None:
        """A worker that is not fit ends a run that begins; one that joins later is left out."""
        told = f"Dask worker {member.address}: {error}"
        if member.was_first:
            raise type(error)(told) from error
        logger.warning("%s\nit is left out", told)
        member.is_refused = True
        self._refusals[member.address] = told

    def _answered(self, member: _Member, job: Job, answer: Any) -> None:
        if isinstance(answer, Outcome):
            if answer.is_out_of_memory and job.attempts <= self._retries:
                self._suspects.append(replace(job, attempts=job.attempts + 1))
            else:
                self._finished.append(answer)
        elif isinstance(answer, Withdrawn):
            self._put_back(job)
        elif answer is Reply.FORGOTTEN:
            self._put_back(job)
            if member.settled is not None:
                member.settled = None
                self._ask(member, None, settle, self._errand, member.threads)
        else:
            self._try_again(member, job, f"{type(answer).__name__}: {answer}")

    def _lose(self, member: _Member) -> None:
        """What a lost worker had in hand goes to others, one of its tries used up.

        A worker that was asked to leave does not blame its images; of several in hand none is the
        last to be tried, since any may have done it.
        """
        del self._members[member.address]
        left = self._line.left_by_itself(member.address)
        is_proof = sum(call.job is not None for call in member.calls.values()) == 1
        for key, call in member.calls.items():
            del self._calls[key]
            self._line.drop(key)
            if call.job is None:
                continue
            if left:
                self._put_back(call.job)
            else:
                self._try_again(member, call.job, self._end_of(call), is_proof)

    def _end_of(self, call: _Call) -> str:
        timeout = self._errand.timeout
        if timeout is not None and time.monotonic() - call.since >= timeout:
            return f"took longer than {timeout:g} s, and was ended"
        return DIED

    def _put_back(self, job: Job) -> None:
        (self._suspects if job.attempts > 1 else self._waiting).appendleft(job)

    def _try_again(self, member: _Member, job: Job, reason: str, is_proof: bool = True) -> None:
        if job.attempts <= self._retries or not is_proof:
            self._suspects.append(replace(job, attempts=job.attempts + 1))
            return
        setup = self._errand.setup
        outcome = lost(job, setup.config, setup.labels, reason)
        worker = member.settled.name if member.settled else member.address
        self._finished.append(replace(outcome, record=replace(outcome.record, worker=worker)))

    def _give_up_overdue(self) -> None:
        """A worker that is frozen or paused does not end itself."""
        timeout = self._errand.timeout
        if timeout is None:
            return
        latest = time.monotonic() - timeout - FROZEN_SECONDS
        late = {c.member for c in self._calls.values() if c.job and c.since < latest}
        for member in late:
            self._lose(member)
