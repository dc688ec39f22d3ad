"""The watch: a run that is fed, and a thread that looks at the folder when the system says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from automask.config import RunConfig
from automask.errors import AutomaskError
from automask.image.process import Outcome
from automask.output.plan import Plan
from automask.output.task import read_earlier
from automask.records import Job
from automask.runs.dispatch import outcomes_here, redrawn
from automask.runs.prepare import Prepared, equip, list_images, plan_against, refuse_wrong_output
from automask.runs.runner import execute
from automask.runs.summary import RunSummary, Watcher
from automask.sharding.shard import WHOLE
from automask.system.signals import Stop
from automask.watch.arrivals import Arrivals
from automask.watch.feed import WatchFeed

LOOK_AGAIN_SECONDS = 60.0  # without a word from the system: some network file systems give none
TICK_SECONDS = 0.5

Say = Callable[[str], None]


@dataclass(frozen=True)
class Manner:
    """How a folder is watched; seconds."""

    settle_seconds: float = 2.0
    idle_seconds: float | None = None  # without anything to do, until it ends by itself


def watch_folder(
    config: RunConfig, manner: Manner, watcher: Watcher, stop: Stop, say: Say,
    command: Sequence[str],
) -> RunSummary:  # fmt: skip
    """Masks what is in the input folder and what arrives, until a signal or for want of work.

    Raises what a run raises; an input folder without photographs is none of it.
    """
    refuse_wrong_output(config)
    prepared = equip(config)
    folder = _Folder(prepared, manner, say)
    prepared = replace(prepared, jobs=folder.arrived())
    summary = execute(prepared, watcher, stop, command, folder.outcomes)
    summary.images = summary.ok + summary.no_object + summary.failed + summary.skipped
    return summary


class _Folder:
    """The watched folder, its feed, and the thread between them."""

    def __init__(self, prepared: Prepared, manner: Manner, say: Say) -> None:
        self.prepared, self.manner, self.say = prepared, manner, say
        self.arrivals = Arrivals(manner.settle_seconds)
        self.feed = WatchFeed()
        self._said = ""
        self._busy_at = time.monotonic()

    def arrived(self) -> list[Job]:
        """What is whole at the start: nobody has touched it for a while."""
        config, now = self.prepared.config, time.time()
        old = now - self.manner.settle_seconds
        jobs = list_images(config, WHOLE).jobs
        whole = [job for job in jobs if job.input_mtime_ns / 1e9 < old]
        self.arrivals.reported = {job.image: (job.input_bytes, job.input_mtime_ns) for job in whole}
        return whole

    def outcomes(
        self, prepared: Prepared, plan: Plan, generation: int, stop: Stop
    ) -> Generator[Outcome, None, None]:
        """Outcomes of what was there, and of what arrives."""
        yield from redrawn(prepared, plan, generation)
        self.feed.add(plan.todo)
        with self._watching():
            for outcome in outcomes_here(self.feed, prepared, generation, stop):
                self.feed.finished()
                yield outcome

    @contextmanager
    def _watching(self) -> Iterator[None]:
        ended = threading.Event()
        thread = threading.Thread(target=self._watch, args=(ended,), name="watch")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _watch(self, ended: threading.Event) -> None:
        from watchfiles import watch

        looked = 0.0
        notices = watch(
            self.prepared.config.input, watch_filter=self._is_of_input, stop_event=ended,
            rust_timeout=int(TICK_SECONDS * 1000), yield_on_timeout=True, raise_interrupt=False,
        )  # fmt: skip
        for changes in notices:
            now = time.monotonic()
            if changes or self.arrivals.growing or now - looked > LOOK_AGAIN_SECONDS:
                looked = now
                self._look(now)
            if self._is_over(now):
                self.feed.close()
                return

    def _look(self, now: float) -> None:
        """Pass on what has arrived. A fault of the folder is printed, and retried later."""
        try:
            arrived = self.arrivals.look(list_images(self.prepared.config, WHOLE).jobs, now)
            if arrived:
                earlier = read_earlier(self.prepared.config.output, WHOLE)
                self.feed.add(plan_against(replace(self.prepared, jobs=arrived), earlier).todo)
        except (AutomaskError, OSError) as error:
            if str(error) != self._said:
                self._said = str(error)
                self.say(self._said)

    def _is_over(self, now: float) -> bool:
        if not self.feed.is_idle or self.arrivals.growing:
            self._busy_at = now
        limit = self.manner.idle_seconds
        return limit is not None and now - self._busy_at >= limit

    def _is_of_input(self, _change: object, path: str) -> bool:
        """The output may lie inside the input: what is written there is nothing new."""
        output = str(self.prepared.config.output.absolute())
        return not (path == output or path.startswith(output + "/"))
