"""results: the files of an image in the output folder, and which of them a person has made.

A record keeps a mark of each result: the SHA-256 of what was written, and the file's modification
time. While the time is the same nobody has written the file, and it need not be read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from automask.image.write import FOLDERS, encode_png, output_path
from automask.records import ImageRecord, Job, Left, Mark
from automask.system.files import partial_name, write_atomic

# What the other kinds are drawn from; of those that a person mended the first counts.
SOURCES: Final = ("objects", "mask", "trimap")
NOT_DECIDED: Final[Mapping[str, str]] = {}


@dataclass(frozen=True)
class There:
    """The results of an image that exist."""

    kinds: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()  # of `kinds`: a person wrote them since their record
    mended: tuple[str, ...] = ()  # of `kinds`: a person made them, `changed` included

    @property
    def source(self) -> str | None:
        """The mended kind that the others are to be drawn from; None: the machine's count."""
        return source_of(self.mended)

    @property
    def is_stale(self) -> bool:
        """Whether what the others are drawn from has changed since they were drawn."""
        return source_of(self.changed) is not None


def look(output: Path, stem: str, left: Left, decided: Mapping[str, str] = NOT_DECIDED) -> There:
    """Which results of an image are there, and whose they are.

    decided: SHA-256 of files that a review wrote, all of an image's together, by their path
    relative to `output`: a person's as well, and nothing is to be drawn from them again.
    """
    kinds, changed, mended = [], [], []
    marks = left.marks
    for kind in left.kinds:
        path = output_path(stem, kind)
        differing = _compared(output / path, marks.get(kind), decided.get(path))
        if differing is None:
            continue
        kinds.append(kind)
        if differing and differing != decided.get(path):
            changed.append(kind)
        if differing or kind in left.mended:
            mended.append(kind)
    return There(tuple(kinds), tuple(changed), tuple(mended))


def mended_kinds(output: Path, record: ImageRecord) -> tuple[str, ...]:
    """The kinds of an image's results that a person made, as they lie there now."""
    return () if record.stem is None else look(output, record.stem, record.left).mended


def kind_to_read(output: Path, record: ImageRecord, kinds: Sequence[str]) -> str | None:
    """The first of `kinds` that an image has: of those that a person mended, where there are any.

    So whatever reads masks reads a person's work, and not the machine's beside it.
    """
    mended = mended_kinds(output, record)
    source = source_of([kind for kind in mended if kind in kinds])
    return source or next((kind for kind in kinds if kind in record.kinds), None)


def source_of(kinds: Sequence[str]) -> str | None:
    """The first of the kinds that others are drawn from."""
    return next((kind for kind in SOURCES if kind in kinds), None)


def _compared(file: Path, mark: Mark | None, decided: str | None) -> str | None:
    """The SHA-256 of a file that differs from its mark, or, without one, is what was decided; "" of
    any other, None where there is no file.
    """
    try:
        status = os.stat(file)
        if not S_ISREG(status.st_mode):
            return None
        if mark is None:
            return decided if decided is not None and sha256_of(file) == decided else ""
        if mark.mtime_ns == status.st_mtime_ns:
            return ""
        now = sha256_of(file)
    except OSError:
        return None
    return "" if now == mark.sha256 else now


def sha256_of(file: Path) -> str:
    """Raises OSError."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def mark_of(file: Path) -> Mark:
    """The mark of a file as it is now. Raises OSError."""
    return Mark(file.stat().st_mtime_ns, sha256_of(file))


class Results:
    """The files of one image while it is masked. What a person mended is neither written nor
    taken away.
    """

    def __init__(self, output: Path, job: Job) -> None:
        self.output, self.job = output, job
        self.mended = () if job.left is None else look(output, job.stem, job.left).mended
        self._written: dict[str, Mark] = {}  # by kind

    def write(self, kind: str, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
        """Raises OSError."""
        png, file = encode_png(pixels), self._file(kind)
        write_atomic(file, png, self.job.attempts)
        self._written[kind] = Mark(file.stat().st_mtime_ns, hashlib.sha256(png).hexdigest())

    def keep_only(self, kinds: Collection[str]) -> None:
        """What an earlier run left and is not true any more must not be taken for a label.

        After a failed try the kinds in `job.kinds` are still true: each was left alone, or replaced
        by a whole one of the same settings.
        """
        for kind in FOLDERS:
            file = self._file(kind)
            # Of tries before, and of one that began while this one was taken for hung.
            tries = range(1, self.job.attempts + 2)
            partials = [file.with_name(partial_name(file.name, number)) for number in tries]
            is_kept = kind in kinds or kind in self.mended
            for gone in partials if is_kept else (*partials, file):
                with suppress(OSError):  # a disk that is read-only now is told by the error at hand
                    gone.unlink(missing_ok=True)

    def fields(self, kinds: Collection[str]) -> dict[str, Any]:
        """`kinds`, `written` and `mended` of the image's record. kinds: those that are true.

        A mended one keeps the mark of the machine's: the next run sees that it was mended, and
        draws the others from it.
        """
        left = self.job.left or Left(())
        before = {kind: mark for kind, mark in left.marks.items() if kind in self.mended}
        known = {**self._written, **before}
        named = tuple(sorted({*kinds, *self.mended}))
        written = tuple(str(known.get(kind) or self._mark(kind)) for kind in named)
        return {"kinds": named, "written": written, "mended": left.mended}

    def _mark(self, kind: str) -> Mark | str:
        """Of a file of an earlier run; "" where it cannot be read."""
        try:
            return mark_of(self._file(kind))
        except OSError:
            return ""

    def _file(self, kind: str) -> Path:
        return self.output / output_path(self.job.stem, kind)
