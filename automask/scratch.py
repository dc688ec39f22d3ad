"""A temporary folder that does not outlive its process for long, not even one that was killed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "automask-run-"
MARK = (
    ".held"  # locked by the process whose folder it is; the system lets go of it with the process
)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of this process, removed at its end. Those of killed processes are removed first."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _remove_if_left(folder)
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name,
        FileLock(Path(name) / MARK),
    ):
        yield Path(name)


def _remove_if_left(folder: Path) -> None:
    # OSError: somebody else's, or gone meanwhile; not there yet: its process is about to lock it.
    with suppress(OSError, Timeout):
        if (folder / MARK).exists():
            with FileLock(folder / MARK, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
