"""The ledgers of an output folder: written, read, and merged without holding them in memory.

Each task appends to a ledger of its own (`records/run.jsonl`, `records/shard-0003-of-0064.jsonl`);
of each image the newest line counts. A folder may have a million of them.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple

from automask.image.names import ByName
from automask.records import NO_OBJECT, OK, ImageRecord, Left, parse_line, to_line

RECORDS = "records"  # folder of the ledgers, in the output folder


def supersedes(generation: int, known: int) -> bool:
    """Whether a line of a run counts instead of a line that was read before it.

    The later run wins, whatever the clock said; of one run, the line that was read last.
    """
    return generation >= known


class Known(NamedTuple):
    """What planning needs of an image's newest record, and no more."""

    generation: int
    status: str
    settings: str
    left: Left
    input_bytes: int
    input_mtime_ns: int
    prompts: str | None = None
    input_hash: str | None = None
    image: str = ""  # as it was spelt

    @property
    def kinds(self) -> tuple[str, ...]:
        return self.left.kinds

    @property
    def is_done(self) -> bool:
        return self.status in (OK, NO_OBJECT)


def read_known(
    files: Sequence[Path], wanted: Callable[[str], bool] = lambda _: True
) -> dict[str, Known]:
    """The newest of each image that is wanted, by its path. Torn and foreign lines are left out."""
    known: dict[str, Known] = ByName()
    same: dict[tuple[str, ...], tuple[str, ...]] = {}  # one tuple for all equal ones
    for file in files:
        for _, values in read_lines(file):
            image: str = values["image"]
            if not wanted(image):
                continue
            before = known.get(image)
            generation = values.get("generation", 0)
            if before is not None and not supersedes(generation, before.generation):
                continue
            kinds, mended = (
                same.setdefault(names, names)
                for names in (tuple(values["kinds"]), tuple(values.get("mended", ())))
            )
            known[image] = Known(
                generation,
                intern(values["status"]),
                intern(values["settings"]),
                Left.of(kinds, values.get("written", ()), mended),
                values["input_bytes"],
                values["input_mtime_ns"],
                _interned(values.get("prompts")),
                values.get("input_hash"),
                image,
            )
    return known


def _interned(text: str | None) -> str | None:
    """One text for all equal ones: a line may be about a whole folder."""
    return None if text is None else intern(text)


def read_lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Where each whole line of a ledger begins, and its values; nothing if it is missing."""
    for start, line in _raw_lines(file):
        values = _parsed(line)
        if values is not None:
            yield start, values


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        values = json.loads(line)
    except ValueError:
        return None
    is_record = isinstance(values, dict) and values.keys() >= NEEDED
    return values if is_record else None


NEEDED = {"image", "status", "settings", "kinds", "input_bytes", "input_mtime_ns"}


def merge(sources: Sequence[Path], target: Path) -> None:
    """Leaves one line for each image, the newest of all sources, in `target`; other sources go.

    The earliest source first where two lines are of the same run. A reader sees the old files or
    the new one, never less. Raises OSError.
    """
    newest = _newest_lines(sources)
    partial = target.with_suffix(".partial")
    partial.unlink(missing_ok=True)  # of a killed run
    if list(sources) != [target] or _count_lines(target) != len(newest):
        _copy_lines(sources, set(newest.values()), partial)
        os.replace(partial, target)
    for source in sources:
        if source != target:
            source.unlink()


def _newest_lines(sources: Sequence[Path]) -> dict[str, tuple[int, int]]:
    """By image its newest line: the number of the source, and the byte where it begins there."""
    newest: dict[str, tuple[int, int]] = ByName()
    ages: dict[str, int] = ByName()
    for number, source in enumerate(sources):
        for start, values in read_lines(source):
            image, age = values["image"], values.get("generation", 0)
            if supersedes(age, ages.get(image, 0)):
                newest[image], ages[image] = (number, start), age
    return newest


def _count_lines(file: Path) -> float:
    """Lines of a ledger, whole or torn; a last one without its end is a half, which none equals."""
    lines = [line.endswith(b"\n") for _, line in _raw_lines(file)]
    return len(lines) if all(lines) else len(lines) - 0.5


def _copy_lines(sources: Sequence[Path], kept: set[tuple[int, int]], target: Path) -> None:
    with target.open("wb") as copy:
        for number, source in enumerate(sources):
            for start, line in _raw_lines(source):
                if (number, start) in kept:
                    copy.write(line if line.endswith(b"\n") else line + b"\n")
        copy.flush()
        os.fsync(copy.fileno())


def _raw_lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """Where each line of a file begins, and the line; nothing if it is missing."""
    if not file.exists():
        return
    start = 0
    with file.open("rb") as lines:
        for line in lines:
            yield start, line
            start += len(line)


def read_records(file: Path) -> Iterator[ImageRecord]:
    """The records of one JSONL file, in order, torn lines left out; nothing if it is missing."""
    if not file.exists():
        return
    with file.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            record = parse_line(line)
            if record is not None:
                yield record


def load_records(output: Path) -> dict[str, ImageRecord]:
    """The newest record of each image in `OUTPUT/records/*.jsonl`, by the image's path."""
    return newest_records(ledger_files(output))


def newest_records(
    files: Sequence[Path], wanted: Callable[[str], bool] = lambda _: True
) -> dict[str, ImageRecord]:
    """The newest record of each image that is wanted, by its path."""
    newest: dict[str, ImageRecord] = ByName()
    for file in files:
        for record in read_records(file):
            if not wanted(record.image):
                continue
            known = newest.get(record.image)
            if known is None or supersedes(record.generation, known.generation):
                newest[record.image] = record
    return newest


def ledger_files(output: Path) -> list[Path]:
    """The ledgers of an output folder, one for each task that has written into it."""
    return sorted((output / RECORDS).glob("*.jsonl"))


class RecordWriter:
    """Appends records to one JSONL file, each flushed before `append` returns; the one writer."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file.open("ab", buffering=0)

    def append(self, record: ImageRecord) -> None:
        """Writes one whole line; raises OSError, and leaves no torn line, where it does not fit."""
        line = to_line(record).encode("ascii")
        start = self._file.tell()
        try:
            written = self._file.write(line)
            if written != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._file.name)
        except OSError:
            self._file.truncate(start)
            self._file.seek(start)
            raise

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> RecordWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
