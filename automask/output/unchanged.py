"""unchanged: whether a photograph is the one that was masked, however it was copied here.

Archives and file systems keep whole seconds, FAT every second one; a copy has a new time. The
content decides, where an earlier run kept its hash and nothing else can show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from automask.image.fingerprint import fingerprint
from automask.image.names import normal
from automask.records import Job, Left

SECOND = 1_000_000_000  # ns
FAT_NS = 2 * SECOND
READERS = 8  # threads that wait for the disk


class Earlier(Protocol):
    """What an earlier run recorded of an image: a record, or the part of it that counts here."""

    @property
    def image(self) -> str: ...
    @property
    def generation(self) -> int: ...
    @property
    def is_done(self) -> bool: ...
    @property
    def settings(self) -> str: ...
    @property
    def kinds(self) -> tuple[str, ...]: ...
    @property
    def left(self) -> Left: ...
    @property
    def input_bytes(self) -> int: ...
    @property
    def input_mtime_ns(self) -> int: ...
    @property
    def input_hash(self) -> str | None: ...
    @property
    def prompts(self) -> str | None: ...


def change(job: Job, record: Earlier, same: Mapping[str, bool]) -> str | None:
    """How a photograph, or its prompts, differ from what was masked; None: it does not.

    same: what `contents_compared` found.
    """
    if record.prompts != job.prompts:
        return "other prompts"
    if record.input_bytes != job.input_bytes:
        return "its size has changed"
    if is_same_time(record.input_mtime_ns, job.input_mtime_ns):
        return None
    if record.input_hash is None:
        return "its time has changed"
    return None if same.get(normal(job.image)) else "its content has changed"


def is_same_time(one_ns: int, other_ns: int) -> bool:
    """Whether two times of a file can be one, of which one is kept less exactly."""
    if one_ns == other_ns:
        return True
    is_rounded = one_ns % SECOND == 0 or other_ns % SECOND == 0
    return is_rounded and min(one_ns, other_ns) >= 0 and abs(one_ns - other_ns) <= FAT_NS


def contents_compared(
    jobs: list[Job], records: Mapping[str, Earlier], folder: Path
) -> dict[str, bool]:
    """Of each photograph of which only the time differs whether its content is the same.

    By the normal form of its path in `folder`. Only these are read.
    """
    asked = [(job, record) for job in jobs if _must_be_read(job, record := records.get(job.image))]
    with ThreadPoolExecutor(READERS) as readers:
        hashes = readers.map(lambda pair: _hash(folder / pair[0].image), asked)
        return {
            normal(job.image): found is not None and found == record.input_hash
            for (job, record), found in zip(asked, hashes, strict=True)
            if record is not None
        }


def _must_be_read(job: Job, record: Earlier | None) -> bool:
    return (
        record is not None
        and record.input_hash is not None
        and record.input_bytes == job.input_bytes
        and not is_same_time(record.input_mtime_ns, job.input_mtime_ns)
    )


def _hash(file: Path) -> str | None:
    """None where it cannot be read: load will say why."""
    try:
        return fingerprint(file)
    except OSError:
        return None
