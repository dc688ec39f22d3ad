"""The progress of an output, from the ledgers and notes of its tasks while they write."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from automask.image.names import ByName
from automask.output.ledger import ledger_files, read_lines, supersedes
from automask.output.pace import Pace
from automask.output.task import TaskNote, is_running, read_notes
from automask.records import FAILED, NO_OBJECT, OK


@dataclass(frozen=True)
class TaskState:
    """One task of the current run."""

    task: str
    host: str
    is_running: bool
    images: int  # of the task
    left: int  # not yet recorded by its newest run
    images_per_hour: float | None  # of its newest run; None where nothing is measured


@dataclass(frozen=True)
class Status:
    """An output folder at one moment."""

    counts: dict[str, int]  # images by the status of their newest record
    failures: dict[str, str]  # error by image
    tasks: list[TaskState] = field(default_factory=list)
    not_begun: int = 0  # images of tasks that have not begun

    @property
    def left(self) -> int:
        """The number of images still to be masked."""
        return self.not_begun + sum(task.left for task in self.tasks)

    @property
    def is_done(self) -> bool:
        """Whether a run was started, every image has a mask or no object, and none is running."""
        has_begun = bool(self.tasks) or any(self.counts.values())
        is_at_work = any(task.is_running for task in self.tasks)
        return has_begun and not (is_at_work or self.left or self.failures)

    @property
    def images_per_hour(self) -> float | None:
        """The rate of all running tasks together; of the last ones if none is running."""
        working = [task for task in self.tasks if task.is_running] or self.tasks
        rates = [task.images_per_hour for task in working if task.images_per_hour]
        return sum(rates) if rates else None

    @property
    def seconds_left(self) -> float | None:
        """At the rate of the running tasks; None if there is none or no rate yet."""
        rate = self.images_per_hour
        is_working = any(task.is_running for task in self.tasks)
        return 3600 * self.left / rate if rate and is_working else None


@dataclass
class _Counted:
    """The content of the ledgers, only the newest line of each image."""

    newest: dict[str, tuple[int, str]] = field(default_factory=ByName)  # run and status by image
    errors: dict[str, str] = field(default_factory=ByName)
    paces: dict[tuple[str, int], Pace] = field(default_factory=dict)  # lines by task and run

    def read(self, file: Path) -> None:
        for _, values in read_lines(file):
            image, status, run = values["image"], values["status"], values.get("generation", 0)
            self.paces.setdefault((file.stem, run), Pace()).add(
                values.get("started_at", ""), values.get("seconds_total")
            )
            if not supersedes(run, self.newest.get(image, (0, ""))[0]):
                continue
            self.newest[image] = (run, status)
            self.errors.pop(image, None)
            if status == FAILED:
                self.errors[image] = str(values.get("error"))

    def counts(self) -> dict[str, int]:
        found = dict.fromkeys((OK, NO_OBJECT, FAILED), 0)
        for _, status in self.newest.values():
            found[status] += 1
        return found


def read_status(output: Path) -> Status:
    """Read all ledgers of an output; a line still being written counts the next time."""
    counted = _Counted()
    for file in ledger_files(output):
        counted.read(file)
    notes = _current(read_notes(output))
    tasks = [_state(output, note, counted) for note in notes]
    not_begun = notes[0].everywhere - sum(note.images for note in notes) if notes else 0
    return Status(counted.counts(), counted.errors, tasks, max(0, not_begun))


def _current(notes: dict[str, TaskNote]) -> list[TaskNote]:
    """The notes of the run or array that started last."""
    if not notes:
        return []
    last = max(notes.values(), key=lambda note: note.started)
    return [note for note in notes.values() if note.group == last.group]


def _state(output: Path, note: TaskNote, counted: _Counted) -> TaskState:
    pace = counted.paces.get((note.task, note.generation), Pace())
    is_at_work = is_running(output, note.task)
    return TaskState(
        task=note.task,
        host=note.host,
        is_running=is_at_work,
        images=note.images,
        left=max(0, note.todo - pace.images),
        images_per_hour=pace.images_per_hour or None,
    )
