"""The file system that results go to: room, locks, renaming, names, clock."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from automask.doctor.finding import FAULT, OK, WARNING, Finding

GIB = 2**30
LITTLE_GIB = 1.0  # some ten thousand trimaps of 12 megapixels
NONE_GIB = 0.05
CLOCK_SECONDS = 60.0  # a file server's clock beside ours
LOCK_SECONDS = 5
KEPT_OUT = 9  # an exit code that nothing else gives
TRY_LOCK = f"""
import sys, filelock
try:
    filelock.FileLock(sys.argv[1]).acquire(timeout=0)
except filelock.Timeout:
    sys.exit({KEPT_OUT})
"""
LONG_NAME = 255  # bytes, what Linux's own file systems allow


def existing(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    folder = folder.absolute()
    return next(place for place in (folder, *folder.parents) if place.is_dir())


@contextmanager
def trial_folder(place: Path) -> Iterator[Path]:
    """A folder to try things in, gone afterwards. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix=".automask-doctor-", dir=place) as made:
        yield Path(made)


def check_space(place: Path, images: int | None = None) -> Finding:
    """images: that a run would mask; None: not known."""
    free = shutil.disk_usage(place).free / GIB
    counts = os.statvfs(place) if hasattr(os, "statvfs") else None
    inodes = counts.f_favail if counts is not None and counts.f_files else None
    text = f"{free:,.1f} GiB free in {place}"
    if images is not None and inodes is not None and inodes < images:
        return Finding(
            "space",
            FAULT,
            f"{text}, but only {inodes:,} files more can be made there",
            "another file system, or delete small files",
        )
    if free < LITTLE_GIB:
        state = FAULT if free < NONE_GIB else WARNING
        return Finding(
            "space",
            state,
            text,
            "make room; a run that fills the disk stops, and goes on where it was",
        )
    return Finding("space", OK, text)


def check_temporary_folder(needed_bytes: int) -> Finding:
    """Where a run keeps a copy of the weights that all its workers map."""
    place = Path(tempfile.gettempdir())
    free = shutil.disk_usage(place).free
    text = f"{place}: {free / GIB:,.1f} GiB free, {needed_bytes / GIB:,.2f} GiB needed"
    if free < needed_bytes:
        return Finding("temporary folder", FAULT, text, "make room, or name another in TMPDIR")
    return Finding("temporary folder", OK, text)


def check_locks(trial: Path) -> Finding:
    """Whether a lock keeps another process out. Some network file systems only say so."""
    file = trial / "lock"
    remedy = "mount it with locks (NFS: without nolock); till then one run at a time, by hand"
    try:
        with FileLock(file, timeout=LOCK_SECONDS):
            is_kept_out = _try_elsewhere(file)
    except (OSError, NotImplementedError, Timeout) as error:
        return Finding("locks", FAULT, f"files cannot be locked: {error}", remedy)
    if not is_kept_out:
        return Finding("locks", FAULT, "two processes could hold one lock", remedy)
    return Finding("locks", OK, "another process is kept out")


def _try_elsewhere(file: Path) -> bool:
    """Whether another process is refused the lock that this one holds."""
    tried = subprocess.run(
        [sys.executable, "-c", TRY_LOCK, str(file)], capture_output=True, check=False
    )
    return tried.returncode == KEPT_OUT


def check_rename(trial: Path) -> Finding:
    """Results are written beside their place and renamed into it."""
    new, old = trial / "new", trial / "old"
    try:
        old.write_bytes(b"old")
        new.write_bytes(b"new")
        os.replace(new, old)
    except OSError as error:
        text = f"a file cannot take another's place: {error.strerror}"
        return Finding("rename", FAULT, text, "another file system for the results")
    is_replaced = old.read_bytes() == b"new"
    if is_replaced:
        return Finding("rename", OK, "a finished file takes the place of an old one at once")
    return Finding("rename", FAULT, "a renamed file still has its old content", "another place")


def check_names(trial: Path) -> Finding:
    """Whether a.jpg and A.jpg are two files, and how long a name may be."""
    (trial / "case").touch()
    if (trial / "CASE").exists():
        return Finding(
            "names",
            WARNING,
            "a.png and A.png are one file here",
            "names that differ in more than capitals, or another file system",
        )
    try:
        (trial / ("x" * LONG_NAME)).touch()
    except OSError:
        return Finding(
            "names",
            WARNING,
            f"names of {LONG_NAME} bytes are refused here",
            "shorter names, or another file system",
        )
    return Finding("names", OK, "capitals count, 255 bytes long")


def check_times(trial: Path) -> Finding:
    """A photograph counts as changed when its size or its time of change is another."""
    file = trial / "time"
    file.touch()
    ahead = file.stat().st_mtime - time.time()
    if abs(ahead) > CLOCK_SECONDS:
        return Finding(
            "times",
            WARNING,
            f"the file server's clock is {ahead:+,.0f} s from ours",
            "set both by NTP",
        )
    wanted = 1_700_000_000_123_456_789
    os.utime(file, ns=(wanted, wanted))
    off = abs(file.stat().st_mtime_ns - wanted)
    if off >= 10**6:
        text = f"times are kept to {off / 1e9:.1g} s only"
        return Finding("times", WARNING, text, "wait that long before a photograph is edited twice")
    return Finding("times", OK, f"kept to {'the nanosecond' if off == 0 else f'{off:,} ns'}")
