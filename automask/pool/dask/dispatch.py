"""Which worker of a Dask cluster masks which image, and what becomes of those of a lost worker."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from automask.errors import AutomaskError, ClusterError, UsageError
from automask.image.process import Outcome, lost
from automask.pool.dask.link import Gone, Withdrawn
from automask.pool.dask.worker import Errand, Facts, Reply, Settled, facts, settle, work
from automask.pool.supervisor import GRACE_SECONDS
from automask.pool.workers import DIED
from automask.records import Job
from automask.system.signals import Stop

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


@dataclass(eq=False)
class _Member:
    """A worker of the cluster."""

    address: str
    threads: int
    was_first: bool  # present when the run began: its faults are reported at once
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
            message = "".join(f"\n  {fault}" for fault in self._refusals.values())
            raise ClusterError(
                f"stopped: for {NOBODY_SECONDS / 60:g} minutes the Dask cluster had no worker that "
                f"could take an image{message}\nnothing finished is lost: start workers, then run "
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
        message = f"Dask worker {member.address}: {error}"
        if member.was_first:
            raise type(error)(message) from error
        logger.warning("%s\nit is left out", message)
        member.is_refused = True
        self._refusals[member.address] = message

    def _answered(self, member: _Member, job: Job, answer: Any) -> None:
        if isinstance(answer, Outcome):
            if answer.is_out_of_memory and job.attempts <= self._retries:
                self._suspects.append(_once_more(job))
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

        A worker that was asked to leave does not blame its images; of several in hand none is
        given up, since any may have done it: one that holds Python's lock keeps back the answers
        of the others. A hang is not tried again where the image had the worker to itself.
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
            elif not is_proof:
                self._suspects.append(_once_more(call.job))
            elif self._is_late(call):
                late = f"it took longer than {self._errand.timeout:g} s"
                self._finished.append(self._lost(member, call.job, late))
            else:
                self._try_again(member, call.job, DIED)

    def _is_late(self, call: _Call) -> bool:
        timeout = self._errand.timeout
        return timeout is not None and time.monotonic() - call.since >= timeout

    def _put_back(self, job: Job) -> None:
        (self._suspects if job.attempts > 1 else self._waiting).appendleft(job)

    def _try_again(self, member: _Member, job: Job, reason: str) -> None:
        if job.attempts <= self._retries:
            self._suspects.append(_once_more(job))
        else:
            self._finished.append(self._lost(member, job, reason))

    def _lost(self, member: _Member, job: Job, reason: str) -> Outcome:
        setup = self._errand.setup
        outcome = lost(job, setup.config, setup.labels, reason)
        worker = member.settled.name if member.settled else member.address
        return replace(outcome, record=replace(outcome.record, worker=worker))

    def _give_up_overdue(self) -> None:
        """A worker that is frozen or paused does not end itself."""
        timeout = self._errand.timeout
        if timeout is None:
            return
        latest = time.monotonic() - timeout - FROZEN_SECONDS
        late = {c.member for c in self._calls.values() if c.job and c.since < latest}
        for member in late:
            self._lose(member)


def _once_more(job: Job) -> Job:
    return replace(job, attempts=job.attempts + 1)
