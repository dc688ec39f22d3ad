"""Alone among processes for a while, on any file system.

NFS without its lock daemon, many FUSE and some SMB mounts refuse flock. There a folder stands for
the lock, since making one succeeds for one process only; its time is set again and again, so that
the folder of a killed process is known for what it is.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

REFUSED = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS})
TOUCH_SECONDS = 10.0
STALE_SECONDS = 60.0  # without a touch
POLL_SECONDS = 0.05
_said: set[str] = set()


@contextmanager
def alone(file: Path, timeout: float = -1) -> Iterator[None]:
    """Holds the lock `file` against other processes.

    Args:
        file: The lock; its folder exists.
        timeout: Seconds to wait for another process; below 0: for ever.

    Raises:
        filelock.Timeout: Another process holds it still.
        OSError: Nothing can be written there.
    """
    lock, folder = FileLock(file, timeout=timeout), file.with_name(f"{file.name}.folder")
    try:
        lock.acquire()
    except Timeout:
        raise
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in REFUSED:
            raise
        _say_once(file.parent, error)
        with _folder_held(folder, timeout):
            yield
        return
    try:
        _wait_while_held(folder, timeout)
        yield
    finally:
        lock.release()


def _say_once(folder: Path, error: Exception) -> None:
    reason = getattr(error, "strerror", None) or str(error)
    if reason in _said:
        return
    _said.add(reason)
    print(
        f"automask: the file system of {str(folder)!a} has no locks ({reason}); a folder "
        "made there stands for one",
        file=sys.stderr,
    )


@contextmanager
def _folder_held(folder: Path, timeout: float) -> Iterator[None]:
    _make(folder, timeout)
    ended = threading.Event()
    touching = threading.Thread(target=_touch, args=(folder, ended), daemon=True)
    touching.start()
    try:
        yield
    finally:
        ended.set()
        touching.join()
        with suppress(OSError):
            folder.rmdir()


def _make(folder: Path, timeout: float) -> None:
    began = time.monotonic()
    while True:
        try:
            folder.mkdir()
            return
        except FileExistsError:
            _remove_if_stale(folder)
        if 0 <= timeout <= time.monotonic() - began:
            raise Timeout(str(folder))
        time.sleep(POLL_SECONDS)


def _wait_while_held(folder: Path, timeout: float) -> None:
    """One machine's mount may have locks where another's has none."""
    began = time.monotonic()
    while folder.exists():
        _remove_if_stale(folder)
        if 0 <= timeout <= time.monotonic() - began and folder.exists():
            raise Timeout(str(folder))
        time.sleep(POLL_SECONDS)


def _remove_if_stale(folder: Path) -> None:
    """Takes the folder of a killed process away, once, whoever else is about to do so."""
    with suppress(OSError):
        seen = folder.stat()
        if _now(folder) - seen.st_mtime < STALE_SECONDS:
            return
        aside = folder.with_name(f"{folder.name}.{uuid4().hex[:8]}")
        folder.rename(aside)
        if aside.stat().st_ino != seen.st_ino:  # another process took it away, and made its own
            aside.rename(folder)
        else:
            aside.rmdir()


def _now(folder: Path) -> float:
    """The time by the clock of the file system, which may be another machine's."""
    probe = folder.with_name(f"{folder.name}.{uuid4().hex[:8]}.now")
    try:
        probe.touch()
        return probe.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)


def _touch(folder: Path, ended: threading.Event) -> None:
    while not ended.wait(TOUCH_SECONDS):
        with suppress(OSError):
            os.utime(folder)
