"""A temporary folder that does not outlive its process for long, not even one that was killed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from automask.errors import WorkersError

PREFIX = "automask-run-"
MARK = (
    ".held"  # locked by the process whose folder it is; the system lets go of it with the process
)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of this process, removed at its end. Those of killed processes are removed first.

    Raises WorkersError where there is no room for one.
    """
    with ExitStack() as held:
        try:
            for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
                _remove_if_left(folder)
            made = tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
            mine = Path(held.enter_context(made))
            held.enter_context(FileLock(mine / MARK))
        except OSError as error:
            raise no_room(error) from error
        yield mine


def no_room(error: Exception) -> WorkersError:
    """What to do where the temporary folder takes nothing more."""
    return WorkersError(
        f"cannot write into the temporary folder: {error}\n"
        "make room there, or name another folder in the environment variable TMPDIR"
    )


def _remove_if_left(folder: Path) -> None:
    # OSError: somebody else's, or gone meanwhile; not there yet: its process is about to lock it.
    with suppress(OSError, Timeout):
        if (folder / MARK).exists():
            with FileLock(folder / MARK, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
