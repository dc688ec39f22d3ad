"""Temporary folders that are removed even if their process is killed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import Timeout

from automask.errors import WorkersError
from automask.system.guard import alone

PREFIX = "automask-run-"
MARK = ".held"  # locked by the owning process; the system releases it when the process ends


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of this process, removed at the end; first removes those of killed processes.

    Yields:
        The folder.

    Raises:
        WorkersError: The temporary folder is full.
    """
    with ExitStack() as held:
        try:
            for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
                _remove_if_left(folder)
            made = tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
            mine = Path(held.enter_context(made))
            held.enter_context(alone(mine / MARK))
        except OSError as error:
            raise no_room(error) from error
        yield mine


def no_room(error: Exception) -> WorkersError:
    """The error for a full temporary folder."""
    return WorkersError(
        f"cannot write into the temporary folder: {error}\n"
        "make room there, or name another folder in the environment variable TMPDIR"
    )


def _remove_if_left(folder: Path) -> None:
    # OSError: another user's, or removed meanwhile; no lock yet: its process is starting.
    with suppress(OSError, Timeout):
        if (folder / MARK).exists():
            with alone(folder / MARK, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
