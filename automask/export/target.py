"""Where an export is written: staged beside its place, then moved, file by file.

An export's own list of files lets the next one replace it without touching what others put there.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from automask.errors import OutputError, UsageError
from automask.system.files import write_atomic

SUMMARY = "automask-export.json"
STAGE = ".automask-export.partial"


@dataclass
class Target:
    """A folder that an export fills, or one file that it is."""

    folder: Path
    single: str | None = None  # the one file's name; None: a folder
    files: list[str] = field(default_factory=list)  # written so far, relative to the folder

    @property
    def summary_name(self) -> str:
        """One for a folder; beside a single file one that tells whose it is."""
        return SUMMARY if self.single is None else f"{Path(self.single).stem}.{SUMMARY}"

    def main(self, name: str) -> str:
        """What a format's one file is called: `name`, or as the user said."""
        return self.single or name

    def path(self, relative: str) -> Path:
        """Where to write a file, its folder made, so that `commit` takes it along."""
        place = self.folder / STAGE / relative
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write {self.folder}: {error.strerror}") from error
        self.files.append(relative)
        return place

    def write(self, relative: str, data: bytes) -> None:
        """Writes a file. Raises OutputError."""
        try:
            self.path(relative).write_bytes(data)
        except OSError as error:
            raise OutputError(f"cannot write {self.folder / relative}: {error.strerror}") from error

    def write_text(self, relative: str, text: str) -> None:
        """Writes UTF-8. Raises OutputError."""
        self.write(relative, text.encode())

    def write_json(self, relative: str, values: object) -> None:
        """Writes ASCII: file names that are no UTF-8 survive. Raises OutputError."""
        self.write(relative, json.dumps(values, ensure_ascii=True).encode())

    def drop(self, relative: str) -> None:
        """Forgets a file of a photograph that turned out to be unusable."""
        (self.folder / STAGE / relative).unlink(missing_ok=True)
        self.files.remove(relative)

    def discard(self) -> None:
        """Takes away what was staged."""
        shutil.rmtree(self.folder / STAGE, ignore_errors=True)

    def commit(self, summary: dict[str, Any]) -> None:
        """Moves all files to their places, and away those of the export that was here before.

        The summary, which lists them, is written before and after: a commit that is interrupted
        leaves nothing that the next one does not know of. Raises OutputError.
        """
        before = [] if self.single else _listed(self.folder)
        try:
            self._write_summary({**summary, "complete": False}, {*before, *self.files})
            for relative in sorted(set(before) - set(self.files)):
                _remove(self.folder, relative)
            for relative in self.files:
                place = self.folder / relative
                place.parent.mkdir(parents=True, exist_ok=True)
                os.replace(self.folder / STAGE / relative, place)
            self._write_summary({**summary, "complete": True}, self.files)
        except OSError as error:
            raise OutputError(f"cannot write {self.folder}: {error.strerror}") from error
        self.discard()

    def _write_summary(self, summary: dict[str, Any], files: Iterable[str]) -> None:
        text = json.dumps({**summary, "files": sorted(files)}, indent=1, ensure_ascii=True)
        write_atomic(self.folder / self.summary_name, text.encode())


def open_target(out: Path, suffix: str | None, overwrite: bool, forbidden: Path | None) -> Target:
    """A folder, or, where `out` ends in the format's `suffix`, a file.

    forbidden: the folder of photographs. Raises UsageError where `out` lies in it, is a folder with
    files that are no export's, or a file, unless `overwrite`; OutputError where it cannot be made.
    """
    if forbidden is not None and out.resolve().is_relative_to(forbidden.resolve()):
        raise UsageError(
            f"--out {out} lies among the photographs, which the next run would take for more of "
            "them; name another folder"
        )
    single = suffix is not None and out.suffix.lower() == suffix and not out.is_dir()
    if out.exists() and not overwrite and _is_foreign(out):
        what = "exists" if single else "is not empty, and what is in it is no export"
        raise UsageError(f"--out {out} {what}; name another, or say --overwrite")
    target = Target(out.parent, out.name) if single else Target(out)
    try:
        target.discard()
        (target.folder / STAGE).mkdir(parents=True)
    except OSError as error:
        raise OutputError(f"cannot write {target.folder}: {error.strerror}") from error
    return target


def _is_foreign(out: Path) -> bool:
    """Whether there is something that no earlier export has put there."""
    if not out.is_dir():
        return True
    names = {entry.name for entry in out.iterdir()} - {STAGE}
    return bool(names) and SUMMARY not in names


def _listed(folder: Path) -> list[str]:
    """The files of the export that is in a folder; none where its list cannot be trusted."""
    try:
        files = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [file for file in files if isinstance(file, str) and _is_within(file)]


def _is_within(relative: str) -> bool:
    path = PurePosixPath(relative)
    return not path.is_absolute() and ".." not in path.parts and bool(path.parts)


def _remove(folder: Path, relative: str) -> None:
    """Deletes a file, and the folders that are empty after it."""
    (folder / relative).unlink(missing_ok=True)
    for parent in PurePosixPath(relative).parents:
        if str(parent) == "." or not (folder / parent).is_dir() or any((folder / parent).iterdir()):
            return
        (folder / parent).rmdir()
