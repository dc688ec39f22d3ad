"""Verified copies of checkpoints on a node's own disk, one for each node. Imports no torch.

Without, all tasks that start together on a node read gigabytes over the network, to verify them and
to load them.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from automask.errors import WeightsError
from automask.sam.checkpoints import BY_NAME, Checkpoint
from automask.sam.weights import Weights, find, locate, sha256_of
from automask.system.guard import alone

LOCK_SECONDS = 3600.0  # the largest checkpoint takes minutes over a busy network
ROUNDS = 3  # of looking, then copying, until the disk is not to be trusted


@dataclass(frozen=True)
class Staged:
    """A checkpoint to load; where that is not the copy on the node's disk, why."""

    weights: Weights
    fault: str | None = None


@dataclass(frozen=True)
class _Wanted:
    """What a copy must be."""

    checkpoint: Checkpoint
    sha256: str
    original: Path | None  # None: it is not here, a copy may be all the same


def locate_staged(model: str, arch: str | None, weights: Path | None, stage: Path | None) -> Staged:
    """What `automask.sam.weights.locate` finds, but as a verified copy under the folder `stage`.

    The first process of a node makes the copy, those that start with it wait; a damaged copy is
    made anew. Of a checkpoint given by name, whose hash is known, the original is read by that one
    process alone. Where there can be no copy (disk full, not writable, somebody else's folder), the
    original is taken and `fault` says why. stage None: the original. Raises as `locate` does.
    """
    if stage is None:
        return Staged(locate(model, arch, weights))
    wanted = _wanted(model, arch, weights)
    try:
        copy = _copy_of(wanted, _own_folder(stage))
    except (OSError, WeightsError) as error:
        original = locate(model, arch, weights)  # names the fault where it is the original's
        reason = getattr(error, "strerror", None) or error
        return Staged(
            original, f"no copy of {original.file} in {stage}: {reason}; it is read there"
        )
    return Staged(Weights(wanted.checkpoint, copy, wanted.sha256))


def _wanted(model: str, arch: str | None, weights: Path | None) -> _Wanted:
    checkpoint = BY_NAME.get(model)
    if checkpoint is None or arch is not None:
        located = locate(model, arch, weights)  # only its content gives its hash
        return _Wanted(located.checkpoint, located.sha256, located.file)
    return _Wanted(checkpoint, checkpoint.sha256, find(checkpoint, weights))


def _own_folder(stage: Path) -> Path:
    """A folder of this user alone: /tmp belongs to all, and a copy might change once verified."""
    folder = stage / f"automask-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user")
    return folder


def _copy_of(wanted: _Wanted, folder: Path) -> Path:
    """A copy whose SHA-256 agrees; its name has the hash, so that two of one name do not fight."""
    file = wanted.original.name if wanted.original else wanted.checkpoint.file
    target = folder / f"{wanted.sha256[:16]}-{file}"
    for _ in range(ROUNDS):
        seen = _identity(target)
        # Without the lock: many may read a copy at once, and it takes seconds.
        if seen is not None and sha256_of(target) == wanted.sha256:
            return target
        with alone(folder / f".{target.name}.lock", LOCK_SECONDS):
            if _identity(target) == seen:  # else another process has made it meanwhile: look again
                _copy(wanted, target)
                return target
    raise WeightsError(f"{target} changes again and again")


def _identity(file: Path) -> tuple[int, int, int] | None:
    """What changes when a file is replaced; None where there is none."""
    try:
        info = file.stat()
    except FileNotFoundError:
        return None
    return info.st_ino, info.st_size, info.st_mtime_ns


def _copy(wanted: _Wanted, target: Path) -> None:
    """Copies, verifies, then gives the name. The lock must be held."""
    if wanted.original is None:
        raise WeightsError(f"{wanted.checkpoint.file} was not found")
    partial = target.with_name(f".{target.name}.partial")
    try:
        shutil.copyfile(wanted.original, partial)
        with partial.open("rb") as copied:
            os.fsync(copied.fileno())
        if sha256_of(partial) != wanted.sha256:
            raise WeightsError("what was copied has another SHA-256")
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
