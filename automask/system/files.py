"""Atomic writing of files, and checks before the work that they can be written."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_IMODE
from typing import Any

from automask.errors import OutputError, UsageError, reraise_oserror

STDOUT = Path("-")
TIDIED_AT_MOST = 2  # times that another attempt takes a temporary file away


def refuse_unwritable(file: Path, option: str, *suffixes: str) -> None:
    """Check before the work that a file can be written.

    suffixes: of which its name must have one; none: any name will do, and `-` is standard output.
    """
    if file == STDOUT and not suffixes:
        return
    if file.is_dir():
        raise UsageError(f"{option} {file} is a folder")
    if suffixes and file.suffix not in suffixes:
        raise UsageError(f"{option} must end in {' or '.join(suffixes)}, not {file.name!a}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        trial = file.with_name(f".{file.name}.partial")
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error


def write_text(file: Path, text: str) -> None:
    """Writes UTF-8; of file names what is none is spelt out. `-` is standard output.

    Raises OutputError.
    """
    data = text.encode(errors="backslashreplace")
    if file != STDOUT:
        write_bytes(file, data)
        return
    with reraise_oserror(OutputError, "cannot write to standard output"):
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def write_json(file: Path, values: Any) -> None:
    """Writes values as indented JSON, see `write_text`. Raises OutputError."""
    write_text(file, json.dumps(values, indent=2, default=str, allow_nan=False) + "\n")


def write_bytes(file: Path, data: bytes) -> None:
    """Write a file atomically. Raises OutputError."""
    try:
        write_atomic(file, data)
    except OSError as error:
        raise OutputError(f"cannot write {file}: {error.strerror}") from error


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Yield the name of a temporary file that replaces `file` at the end of the block.

    If the block raises, `file` stays as it was.

    Args:
        file: The file to replace.

    Yields:
        The temporary file's path, in the same folder.

    Raises:
        OSError: It cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.parent / partial_name(file.name)
    try:
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(partial, file)
    finally:
        partial.unlink(missing_ok=True)


def write_atomic(target: Path, data: bytes, attempt: int = 1) -> None:
    """Write a file atomically; its mode follows the user's umask.

    The temporary file lies in the target's folder under a name that depends only on the target and
    the attempt: a rerun overwrites and renames what a killed run left, and two attempts at once,
    of which one was given up too early, never write into one file. Where another attempt has
    tidied it away meanwhile, it is written again.

    Args:
        target: The file.
        data: Its content.
        attempt: Which try of the same image this is.

    Raises:
        OSError: It cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / partial_name(target.name, attempt)
    for _ in range(TIDIED_AT_MOST):
        with suppress(FileNotFoundError):
            _write_beside(partial, target, data)
            return
    _write_beside(partial, target, data)


def _write_beside(partial: Path, target: Path, data: bytes) -> None:
    try:
        with open(partial, "wb") as file:  # mode 0666 less the umask, unlike tempfile's 0600
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def follow_umask(file: Path) -> None:
    """Gives a file the mode that `open` would: some libraries write theirs for the owner alone.

    Raises OSError.
    """
    trial = file.with_name(f"{partial_name(file.name)}-mode")
    try:
        with open(trial, "wb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
        file.chmod(S_IMODE(mode))
    finally:
        trial.unlink(missing_ok=True)


def partial_name(name: str, attempt: int = 1) -> str:
    """The temporary name of a target; short, because the target's may have all of 255 bytes."""
    which = "" if attempt == 1 else f"-{attempt}"
    return f".automask-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}{which}.partial"
