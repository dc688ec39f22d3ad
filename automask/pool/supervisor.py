"""The parent of the workers: jobs go in, outcomes come out in the order they are finished.

Each worker is a process of its own, because a crash in a library takes its process with it. A
process that dies costs the images that were in its hands, and those are tried again, each alone,
when all others are done; the others never notice. Around a GPU one process has several images in
hand.
"""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from automask.errors import WorkersError
from automask.image.process import Outcome, lost
from automask.pool.child import Child, Heard, Hearing, error_told
from automask.pool.feed import AllAtOnce, Feed
from automask.pool.ladder import Ladder, Rung
from automask.pool.memory import is_short, oom_kills
from automask.pool.messages import Done
from automask.pool.patience import ComputeClock, Patience
from automask.pool.workers import WorkerSetup
from automask.records import Job, parse_line
from automask.system.signals import Stop

TICK_SECONDS = 0.5  # how often the clocks of the workers are looked at
GRACE_SECONDS = 6.0  # for the images in hand, after a signal; batch systems kill after 10 to 30
MOST_FAILED_STARTS = 3  # in a row, no image done between: it is not the photographs
START_SECONDS = 1800.0  # for a worker that loads its model, as `ComputeClock` counts
CALM_SECONDS = 30.0  # between two steps for want of memory that nobody has died of


class Worker:
    """A child, what it has in hand, and for how long."""

    def __init__(self, child: Child, rung: Rung) -> None:
        self.child, self.rung = child, rung
        self.is_ready = False
        self.in_hand: dict[str, Job] = {}  # by image
        self.seconds: dict[str, float] = {"": 0.0}  # by image; "" until it is ready
        self.too_slow: set[str] = set()
        self.oom_kills = oom_kills()  # of the system when it was started
        self._clock = ComputeClock(child.pid)

    @property
    def is_idle(self) -> bool:
        return self.is_ready and not self.in_hand

    def ask(self, job: Job, output: Path) -> None:
        self.in_hand[job.image], self.seconds[job.image] = job, 0.0
        self.child.ask(job, output)

    def done(self, image: str) -> Job:
        self.seconds.pop(image)
        self.child.forget_words()
        return self.in_hand.pop(image)

    def tick(self) -> None:
        """Counts the time of what is in hand."""
        passed = self._clock.lap()
        for image in self.seconds:
            self.seconds[image] += passed

    def overdue(self, patience: Patience) -> set[str]:
        """Images that took too long; "" for a start that did."""
        limits = {"": START_SECONDS}
        return {i for i, s in self.seconds.items() if s > limits.get(i, patience.timeout)}


class Supervisor:
    """A run's workers."""

    def __init__(
        self, setup: WorkerSetup, ladder: Ladder, patience: Patience, folder: Path, stop: Stop
    ) -> None:
        """folder: for what the workers print. stop: see signals.py."""
        self.setup, self.ladder, self.patience = setup, ladder, patience
        self.folder, self.stop = folder, stop
        self._heard: Hearing = queue.SimpleQueue()
        self._workers: dict[Child, Worker] = {}
        self._feed: Feed = AllAtOnce(())
        self._waiting: deque[Job] = deque()
        self._again: deque[Job] = deque()  # each to be tried alone
        self._on_trial: dict[str, Rung] = {}  # images that climb down, and from where
        self._started = self._failed_starts = 0
        self._calm_since = time.monotonic()

    def outcomes(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """One outcome for each job; fewer where a signal stopped it. Raises as `stream`."""
        return self.stream(AllAtOnce(jobs))

    def stream(self, feed: Feed) -> Iterator[Outcome]:
        """One outcome for each job of a feed, until it is closed; fewer where a signal stopped it.

        Raises errors that concern every image (weights, settings), and WorkersError where no worker
        comes up.
        """
        self._feed = feed
        feed.wakes(lambda: self._heard.put(None))
        self._refill()
        with self.stop.calling(lambda: self._heard.put(None)):
            try:
                while self._has_work():
                    self._refill()
                    self._staff()
                    self._hand_out()
                    yield from self._digest(self._hear())
                    self._watch()
                yield from self._last_ones()
            finally:
                for child in self._workers:
                    child.end()

    def _has_work(self) -> bool:
        if self.stop.is_wanted:
            return False
        return bool(self._feed.is_open or self._waiting or self._again or self._is_busy())

    def _refill(self) -> None:
        """Takes no more than can be handed out now: the feed decides what is next."""
        rung = self.ladder.rung
        in_hand = sum(len(worker.in_hand) for worker in self._workers.values())
        room = rung.processes * rung.at_once - in_hand - len(self._waiting)
        if room > 0:
            self._waiting.extend(self._feed.take(room))

    def _is_busy(self) -> bool:
        return any(worker.in_hand for worker in self._workers.values())

    def _last_ones(self) -> Iterator[Outcome]:
        """After a signal: what is in hand may still be finished, within the time that there is."""
        until = time.monotonic() + GRACE_SECONDS
        while self._is_busy() and time.monotonic() < until:
            yield from self._digest(self._hear())

    def _staff(self) -> None:
        """Starts and ends workers until there are as many, and such, as the ladder allows."""
        rung, wanted = self.ladder.rung, self._wanted()
        for worker in list(self._workers.values()):
            surplus = len(self._workers) > wanted or worker.rung != rung
            if surplus and worker.is_idle:
                self._dismiss(worker)
        while len(self._workers) < wanted:
            self._start(rung)

    def _wanted(self) -> int:
        """Workers that have something to do; one alone when the others are done."""
        if self._feed.is_open:
            return self.ladder.rung.processes
        if not self._waiting:
            return max(1, sum(1 for w in self._workers.values() if w.in_hand))
        idle = sum(1 for w in self._workers.values() if not w.in_hand)
        return min(self.ladder.rung.processes, len(self._workers) - idle + len(self._waiting))

    def _start(self, rung: Rung) -> None:
        setup = replace(
            self.setup,
            device=rung.device,
            threads=rung.threads,
            batch_divisor=rung.batch_divisor,
            labels={**self.setup.labels, "device": rung.device, "steps": rung.steps},
        )
        child = Child(self._started, setup, rung.at_once, self.folder, self._heard)
        self._workers[child] = Worker(child, rung)
        self._started += 1

    def _dismiss(self, worker: Worker) -> None:
        del self._workers[worker.child]
        worker.child.end()

    def _hand_out(self) -> None:
        for worker in self._workers.values():
            room = worker.child.at_once - len(worker.in_hand)
            if not worker.is_ready or worker.rung != self.ladder.rung:
                continue
            for _ in range(min(room, len(self._waiting))):
                worker.ask(self._waiting.popleft(), self.setup.config.output)
        if self._again and not self._waiting and not self._is_busy():
            for worker in self._workers.values():
                if worker.is_idle and worker.rung == self.ladder.rung:
                    worker.ask(self._again.popleft(), self.setup.config.output)
                    return

    def _hear(self) -> Heard | None:
        try:
            return self._heard.get(timeout=TICK_SECONDS)
        except queue.Empty:
            return None

    def _digest(self, heard: Heard | None) -> Iterator[Outcome]:
        worker = None if heard is None else self._workers.get(heard.child)
        if heard is None or worker is None:  # a tick, a signal, or one that was dismissed
            return
        answer = heard.answer
        if answer is None:
            yield from self._bury(worker)
        elif answer["is"] == "ready":
            worker.is_ready, self._failed_starts = True, 0
            del worker.seconds[""]
        elif answer["is"] == "error":
            raise error_told(answer)
        elif answer["is"] == "out of memory":
            self._no_room_to_start(worker)
        elif answer["is"] == "done":
            yield from self._take(worker, answer)

    def _take(self, worker: Worker, answer: Done) -> Iterator[Outcome]:
        record = parse_line(answer["record"])
        assert record is not None, "written by to_line on the other side"
        job = worker.done(record.image)
        outcome = Outcome(record, answer["is_fatal"], answer["is_out_of_memory"])
        if outcome.is_out_of_memory and self._climb_down(worker.rung, job):
            return
        if outcome.is_out_of_memory:
            outcome = _despite(outcome, worker.rung)
        self._on_trial.pop(record.image, None)
        yield outcome

    def _climb_down(self, rung: Rung, job: Job) -> bool:
        """One step down, to try an image again; False, and back up, where none has helped it."""
        start = self._on_trial.setdefault(job.image, rung)
        if self.ladder.step_down(rung):
            self._waiting.appendleft(_once_more(job))
            return True
        self.ladder.back_to(start)
        return False

    def _no_room_to_start(self, worker: Worker) -> None:
        if not self.ladder.step_down(worker.rung):
            raise WorkersError("out of memory: a single worker with this model does not fit")
        self._dismiss(worker)

    def _bury(self, worker: Worker) -> Iterator[Outcome]:
        """A dead worker: the images in its hands are tried again, or given up."""
        worker.child.let_end()  # or the kill would be reported as its cause of death
        self._dismiss(worker)
        how = worker.child.how_it_died()
        is_memory = worker.child.was_killed and oom_kills() > worker.oom_kills
        if not worker.is_ready:
            self._count_failed_start(worker, how, is_memory)
        for image, job in worker.in_hand.items():
            if image in worker.too_slow:
                yield self._lost(job, worker, f"it took longer than {self.patience.timeout:g} s")
            elif not is_memory and job.attempts <= self.patience.retries:
                self._again.append(_once_more(job))
            elif not (is_memory and self._climb_down(worker.rung, job)):
                yield self._lost(job, worker, f"{how}\n{worker.child.last_words()}".rstrip())

    def _count_failed_start(self, worker: Worker, how: str, is_memory: bool) -> None:
        self._failed_starts += 1
        if is_memory and self.ladder.step_down(worker.rung):
            return
        if self._failed_starts >= MOST_FAILED_STARTS:
            raise WorkersError(f"workers do not come up: {how}\n{worker.child.last_words()}")

    def _lost(self, job: Job, worker: Worker, reason: str) -> Outcome:
        labels = {**self.setup.labels, "device": worker.rung.device, "steps": worker.rung.steps}
        return lost(job, self.setup.config, labels, reason)

    def _watch(self) -> None:
        """Ends what takes too long, and does less at once before the system's memory is out."""
        for worker in self._workers.values():
            worker.tick()
            worker.too_slow |= worker.overdue(self.patience)
            if worker.too_slow:
                worker.child.kill()
        if time.monotonic() - self._calm_since > CALM_SECONDS:
            self._calm_since = time.monotonic()
            if len(self._workers) > 1 and is_short():
                self.ladder.step_down(self.ladder.rung)


def _once_more(job: Job) -> Job:
    return replace(job, attempts=job.attempts + 1)


def _despite(outcome: Outcome, rung: Rung) -> Outcome:
    """What was given up for an image, and did not help, belongs into its error."""
    tried = ", ".join(rung.steps) or "nothing is left to give up"
    error = f"out of memory, even with {tried}: {outcome.record.error}"
    return replace(outcome, record=replace(outcome.record, error=error))
