"""The place of an export: staged beside it, then moved into it, file by file.

An export's list of its files lets the next one replace them and touch no others.
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
    """The folder, or the single file, of an export."""

    folder: Path
    single: str | None = None  # the one file's name; None: a folder
    files: list[str] = field(default_factory=list)  # written so far, relative to the folder

    @property
    def summary_name(self) -> str:
        """The name of the summary; beside a single file it contains that file's name."""
        return SUMMARY if self.single is None else f"{Path(self.single).stem}.{SUMMARY}"

    def main(self, name: str) -> str:
        """The name of a format's single file: `name`, or the user's."""
        return self.single or name

    def path(self, relative: str) -> Path:
        """Where to write a file so that `commit` moves it; makes its folder."""
        place = self.folder / STAGE / relative
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write {self.folder}: {error.strerror}") from error
        self.files.append(relative)
        return place

    def write(self, relative: str, data: bytes) -> None:
        """Write a file. Raises OutputError."""
        try:
            self.path(relative).write_bytes(data)
        except OSError as error:
            raise OutputError(f"cannot write {self.folder / relative}: {error.strerror}") from error

    def write_text(self, relative: str, text: str) -> None:
        """Write UTF-8. Raises OutputError."""
        self.write(relative, text.encode())

    def write_json(self, relative: str, values: object) -> None:
        """Write JSON as ASCII, which keeps names that are not UTF-8. Raises OutputError."""
        self.write(relative, json.dumps(values, ensure_ascii=True).encode())

    def drop(self, relative: str) -> None:
        """Drop a file of a photograph that turned out to be unusable."""
        (self.folder / STAGE / relative).unlink(missing_ok=True)
        self.files.remove(relative)

    def discard(self) -> None:
        """Delete what was staged."""
        shutil.rmtree(self.folder / STAGE, ignore_errors=True)

    def commit(self, summary: dict[str, Any]) -> None:
        """Move all files into place, and delete those of the previous export.

        The summary, which lists them, is written before and after, so that the next export knows
        all files of an interrupted one.

        Args:
            summary: The content of the export's JSON.

        Raises:
            OutputError: A file cannot be written.
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


def open_target(
    out: Path,
    suffix: str | None,
    overwrite: bool,
    forbidden: Path | None,
    form: str | None = None,
) -> Target:
    """The target of an export: a folder, or a file if `out` ends in the format's `suffix`.

    Args:
        out: The value of --out.
        suffix: Of the format's single file; None: it has none.
        overwrite: Whether other files may be replaced.
        forbidden: The folder of photographs.
        form: The export's format: the files of another stay, without `overwrite`.

    Returns:
        The target, with an empty staging folder.

    Raises:
        UsageError: `out` lies among the photographs, or is a file or a folder with files of other
            origin, without `overwrite`.
        OutputError: The folder cannot be made.
    """
    if forbidden is not None and out.resolve().is_relative_to(forbidden.resolve()):
        raise UsageError(
            f"--out {out} lies among the photographs, which the next run would take for more of "
            "them; name another folder"
        )
    single = suffix is not None and out.suffix.lower() == suffix and not out.is_dir()
    if out.exists() and not overwrite and _is_foreign(out):
        what = "exists" if single else "is not empty, and its content is not an export"
        raise UsageError(f"--out {out} {what}; name another, or add --overwrite")
    before = None if overwrite or single else _format_of(out)
    if before is not None and form is not None and before != form:
        raise UsageError(
            f"--out {out} holds an export to {before}, whose files one to {form} would take away; "
            "name another, or add --overwrite"
        )
    target = Target(out.parent, out.name) if single else Target(out)
    try:
        target.discard()
        (target.folder / STAGE).mkdir(parents=True)
    except OSError as error:
        raise OutputError(f"cannot write {target.folder}: {error.strerror}") from error
    return target


def _is_foreign(out: Path) -> bool:
    """Whether there are files that no earlier export wrote."""
    if not out.is_dir():
        return True
    names = {entry.name for entry in out.iterdir()} - {STAGE}
    return bool(names) and SUMMARY not in names


def _format_of(folder: Path) -> str | None:
    """The format of the export in a folder; None if there is none, or its list is invalid."""
    try:
        form = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))["format"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return form if isinstance(form, str) else None


def _listed(folder: Path) -> list[str]:
    """The files of the export in a folder; none if its list is invalid."""
    try:
        files = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [file for file in files if isinstance(file, str) and _is_within(file)]


def _is_within(relative: str) -> bool:
    path = PurePosixPath(relative)
    return not path.is_absolute() and ".." not in path.parts and bool(path.parts)


def _remove(folder: Path, relative: str) -> None:
    """Delete a file, and the folders that become empty."""
    (folder / relative).unlink(missing_ok=True)
    for parent in PurePosixPath(relative).parents:
        if str(parent) == "." or not (folder / parent).is_dir() or any((folder / parent).iterdir()):
            return
        (folder / parent).rmdir()
