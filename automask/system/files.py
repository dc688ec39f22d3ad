"""Files are written whole or not at all; whether one can be written is asked before the work."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from automask.errors import OutputError, UsageError, reraise_oserror

STDOUT = Path("-")


def refuse_unwritable(file: Path, option: str, *suffixes: str) -> None:
    """Raises UsageError where `file`, given with `option`, cannot be written: before the work.

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
    """Writes a file, whole or not at all. Raises OutputError."""
    try:
        write_atomic(file, data)
    except OSError as error:
        raise OutputError(f"cannot write {file}: {error.strerror}") from error


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Gives the name of a file to write; when it is whole it takes the place of `file`.

    Where the block raises, `file` stays as it was. Raises OSError.
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


def write_atomic(target: Path, data: bytes) -> None:
    """Writes a file that exists whole or not at all; its mode follows the user's umask.

    The temporary file lies in the target's folder under a name that depends on the target only:
    what a killed run left there is overwritten, and then renamed, by the rerun. Raises OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / partial_name(target.name)
    try:
        with open(partial, "wb") as file:  # mode 0666 less the umask, unlike tempfile's 0600
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def partial_name(name: str) -> str:
    """Short whatever the target's name, which may fill the file system's 255 bytes already."""
    return f".automask-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}.partial"
