"""Files that a command will write after long work: can it?"""

from __future__ import annotations

from pathlib import Path

from automask.errors import UsageError


def refuse_unwritable(file: Path, option: str, *suffixes: str) -> None:
    """Raises UsageError where `file`, given with `option`, cannot be written: before the work.

    suffixes: of which its name must have one; none: any name will do.
    """
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
