"""A task's place in the output: its lock, its ledger, and what it says of itself.

An output folder is masked by one task (`run`) or by those of a job array (`shard-0003-of-0064`).
Each has `records/<task>.jsonl`, its ledger, and `records/<task>.json`, what it set out to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from automask.image.names import ByName
from automask.output.ledger import (
    RECORDS,
    Known,
    RecordWriter,
    ledger_files,
    merge,
    newest_records,
    read_known,
)
from automask.output.lock import guarded, is_held, locked
from automask.output.plan import refuse_other_settings
from automask.output.run_json import mask_settings, read_run_json, write_run_json
from automask.records import Job
from automask.sharding.shard import WHOLE_NAME, Shard
from automask.system.files import write_atomic


@dataclass(frozen=True)
class TaskNote:
    """What a task set out to do, as it is kept beside its ledger."""

    task: str
    group: str  # the same for all tasks of an array
    images: int  # of this task, done ones included
    everywhere: int  # of all tasks of its group
    todo: int  # of them, when it began
    generation: int  # of the records that it writes
    started: float  # seconds since the epoch
    host: str


@dataclass(frozen=True)
class OutputFolder:
    """An output folder that one task writes into, held by this process alone."""

    root: Path
    shard: Shard  # the task

    @property
    def ledger(self) -> Path:
        return ledger(self.root, self.shard.task_name)

    def earlier(self) -> dict[str, Known]:
        """What earlier runs recorded of the task's images."""
        return read_earlier(self.root, self.shard)

    def remember_times(self, restaged: Sequence[Job]) -> None:
        """Records the new time of photographs whose content is the same: the next run need not
        read them again. The task's lock must be held. Raises OSError.
        """
        if not restaged:
            return
        jobs: dict[str, Job] = ByName()
        for job in restaged:
            jobs[job.image] = job
        files = [file for file in ledger_files(self.root) if self.shard.meets(file.stem)]
        with RecordWriter(self.ledger) as writer:
            for record in newest_records(files, jobs.__contains__).values():
                time_ns = jobs[record.image].input_mtime_ns
                writer.append(replace(record, input_mtime_ns=time_ns))

    def agree_on_settings(self, described: dict[str, Any], is_new: bool, overwrite: bool) -> None:
        """Writes `run.json`; raises SettingsChangedError where it names other mask settings.

        An output with nothing finished (`is_new`) may be used with any settings, unless other
        tasks of the array have begun.
        """
        settings = described["mask_settings"]
        with guarded(self.root):
            if not overwrite and not (is_new and not self._others_with_records()):
                refuse_other_settings(self.root, settings)
            if self.shard.is_whole or mask_settings(read_run_json(self.root)) != settings:
                write_run_json(self.root, described)

    def tidy(self) -> None:
        """One line an image, the newest, none torn; the whole's ledger takes in those of shards."""
        if self.shard.is_whole:
            merge_all(self.root)
        else:
            merge([self.ledger], self.ledger)

    def _others_with_records(self) -> list[Path]:
        files = (file for file in ledger_files(self.root) if file.stem != self.shard.task_name)
        return [file for file in files if file.stat().st_size]


@contextmanager
def held(output: Path, shard: Shard) -> Iterator[OutputFolder]:
    """The output folder, its ledger tidied, for this process alone.

    Raises LockedError where another run holds it, OSError where nothing can be written.
    """
    folder = OutputFolder(output, shard)
    with locked(output, shard.task_name, group_of(shard)):
        folder.tidy()
        yield folder


def merge_all(output: Path) -> None:
    """One ledger, `run.jsonl`, instead of many. The lock of the whole must be held."""
    mine = ledger(output, WHOLE_NAME)
    others = [file for file in ledger_files(output) if file != mine]
    merge([*others, mine], mine)
    for other in others:
        other.with_suffix(".json").unlink(missing_ok=True)


def read_earlier(output: Path, shard: Shard) -> dict[str, Known]:
    """What earlier runs recorded of the task's images."""
    files = [file for file in ledger_files(output) if shard.meets(file.stem)]
    return read_known(files, shard.holds)


def write_note(output: Path, note: TaskNote) -> None:
    write_atomic(output / RECORDS / f"{note.task}.json", json.dumps(asdict(note)).encode())


def read_notes(output: Path) -> dict[str, TaskNote]:
    """What the tasks of an output said of themselves, by name; foreign files are left out."""
    notes = {}
    for file in sorted((output / RECORDS).glob("*.json")):
        try:
            notes[file.stem] = TaskNote(**json.loads(file.read_text()))
        except (ValueError, TypeError):
            continue
    return notes


def is_running(output: Path, task: str) -> bool:
    """Whether a task is at work now."""
    return is_held(output / RECORDS / f"{task}.lock")


def ledger(output: Path, task: str) -> Path:
    return output / RECORDS / f"{task}.jsonl"


def group_of(shard: Shard) -> str:
    return WHOLE_NAME if shard.is_whole else f"of-{shard.count}"
