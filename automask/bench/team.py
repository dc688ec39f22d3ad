"""The processes of one variant, from start and warm-up to their turns."""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Sequence
from itertools import pairwise

from automask.bench.figures import ColdStart, Measured, Task, Turn
from automask.bench.variants import PlannedVariant
from automask.errors import MeasurementError, OutputError
from automask.pool.child import Child, Hearing, error_told
from automask.pool.messages import Answer, Done
from automask.pool.workers import DIED, WorkerSetup
from automask.records import FAILED, ImageRecord, Job, parse_line

STEPS_TO_WARM = 3  # imported, ready, first image done


class Team:
    """Processes that mask as a run with the variant's settings, and their measurements.

    On a CPU a process for each worker, around a GPU one process with a thread for each worker.
    """

    def __init__(self, planned: PlannedVariant, setup: WorkerSetup) -> None:
        self.planned = planned
        self.name = planned.variant.name
        self.setup = setup
        self.output = setup.config.output
        self.cold_start = ColdStart(0.0, 0.0, 0.0)
        self.turns: list[Turn] = []
        self.memory_mb = 0.0
        self.gpu_memory_mb: float | None = None
        self._heard: Hearing = queue.SimpleQueue()
        self._children: list[Child] = []

    def close(self) -> None:
        """Kill all processes at once."""
        for child in self._children:
            child.end()

    def start(self, candidates: Sequence[Job]) -> None:
        """Start all processes at once and wait until each has masked one of the candidates.

        Args:
            candidates: Images; the first that does not fail is used.

        Raises:
            MeasurementError: A process died.
            AutomaskError: A process failed.
        """
        self.output.mkdir(parents=True)
        workers = self.planned.prepared.crew.workers
        processes, at_once = (workers, 1) if self.setup.device == "cpu" else (1, workers)
        for number in range(processes):
            self._children.append(Child(number, self.setup, at_once, self.output, self._heard))
        self.cold_start = max(self._warm_up(candidates), key=lambda cold: cold.seconds)

    def _warm_up(self, candidates: Sequence[Job]) -> list[ColdStart]:
        """Wait for every process to import, load and mask; the parent's clock measures it."""
        moments = {child: [child.began] for child in self._children}
        images = {child: deque(candidates) for child in self._children}
        while any(len(seen) <= STEPS_TO_WARM for seen in moments.values()):
            child, at, answer = self._hear()
            if not (_failed(answer) and images[child]):
                moments[child].append(at)
            if answer["is"] != "imported" and len(moments[child]) == STEPS_TO_WARM:
                output = self.output / "warm-up" / str(child.number)
                child.ask(images[child].popleft(), output)
        return [ColdStart(*(b - a for a, b in pairwise(seen))) for seen in moments.values()]

    def take_turn(self, tasks: Sequence[Task]) -> None:
        """Mask all tasks, each idle process taking the next, and record the turn."""
        waiting = deque(tasks)
        records: list[ImageRecord] = []
        began = ended = time.perf_counter()
        for _ in range(self._children[0].at_once):
            for child in self._children:
                self._ask_next(child, waiting)
        while len(records) < len(tasks):
            child, ended, answer = self._hear()
            assert answer["is"] == "done", "a warm process answers with nothing else"
            records.append(_record(answer))
            self._ask_next(child, waiting)
        self.turns.append(Turn(ended - began, tuple(records)))

    def measured(self) -> Measured:
        """The measurements so far."""
        prepared = self.planned.prepared
        return Measured(
            variant=self.planned.variant,
            is_random=self.planned.is_random,
            workers=prepared.crew.workers,
            threads=prepared.crew.threads,
            model_sha256=prepared.weights.sha256,
            mask_settings=prepared.settings,
            generator_settings={
                **prepared.weights.checkpoint.settings,
                **prepared.config.propose.settings,
            },
            cold_start=self.cold_start,
            turns=tuple(self.turns),
            memory_mb=self.memory_mb,
            gpu_memory_mb=self.gpu_memory_mb,
            output=self.output,
        )

    def _ask_next(self, child: Child, waiting: deque[Task]) -> None:
        if waiting:
            task = waiting.popleft()
            child.ask(task.job, self.output / str(task.repeat))

    def _hear(self) -> tuple[Child, float, Answer]:
        """The next answer of any process, its time, and the process."""
        heard = self._heard.get()
        assert heard is not None, "nobody wakes a bench"
        if heard.answer is None:
            raise MeasurementError(f"{self.name}: {DIED}\n{heard.child.last_words()}".rstrip())
        if heard.answer["is"] == "out of memory":
            raise MeasurementError(f"{self.name}: out of memory; give fewer workers")
        if heard.answer["is"] == "error":
            raise error_told(heard.answer, self.name)
        if heard.answer["is"] == "done":
            self._note(heard.answer)
        return heard.child, heard.at, heard.answer

    def _note(self, answer: Done) -> None:
        """Keep the memory peaks; raise OutputError if nothing can be written any more."""
        self.memory_mb = max(self.memory_mb, answer["memory_mb"])
        if answer["gpu_memory_mb"] is not None:
            self.gpu_memory_mb = max(self.gpu_memory_mb or 0.0, answer["gpu_memory_mb"])
        if answer["is_fatal"]:
            raise OutputError(
                f"{self.name}: cannot write into the temporary folder {self.output.parent}: "
                f"{_record(answer).error}; make room, or name another one in $TMPDIR"
            )


def _record(answer: Done) -> ImageRecord:
    record = parse_line(answer["record"])
    assert record is not None, "written by to_line on the other side"
    return record


def _failed(answer: Answer) -> bool:
    return answer["is"] == "done" and _record(answer).status == FAILED
