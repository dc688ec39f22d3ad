"""One run at a time for each output: two would mask the same photographs twice.

The tasks of one array share an output, each with a lock of its own, `records/<task>.lock`. A lock
names its holder, and its file is touched again and again: where its process, or its machine, is
gone, it is stale, and the next run takes it.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from automask.errors import LockedError
from automask.output.ledger import RECORDS
from automask.system.guard import alone

GUARD = ".guard"
TOUCH_SECONDS = 20.0
STALE_SECONDS = 180.0  # without a touch, for a holder on another machine that cannot be asked
SAME_START_SECONDS = 2.0  # a process of the same number that started at another time is another

# What a batch system calls a task, the same when it is started again; and how often it was, where
# the system counts starts: sbatch(1) of SLURM, which sets none at the first start, and "Job
# environment variables" of AWS Batch.
BATCH_SYSTEMS: tuple[tuple[tuple[str, ...], str | None], ...] = (
    (("SLURM_JOB_ID",), "SLURM_RESTART_COUNT"),
    (("PBS_JOBID",), None),
    (("JOB_ID", "SGE_TASK_ID"), None),
    (("LSB_JOBID", "LSB_JOBINDEX"), None),
    (("AWS_BATCH_JOB_ID",), "AWS_BATCH_JOB_ATTEMPT"),
)


@contextmanager
def locked(output: Path, task: str, group: str) -> Iterator[None]:
    """Holds the output for a task: against the same task, and against tasks of another group.

    task: names the ledger. group: the same for the tasks of an array, which share an output. Makes
    the folder `records`. Raises LockedError, naming the holder, and OSError.
    """
    folder = output / RECORDS
    mine = folder / f"{task}.lock"
    with guarded(output):
        for other in sorted(folder.glob("*.lock")):
            _refuse_if_held(other, output, task, group)
        mine.write_text(json.dumps(_holder(task, group)))
    ended = threading.Event()
    touching = threading.Thread(target=_touch, args=(mine, ended), daemon=True)
    touching.start()
    try:
        yield
    finally:
        ended.set()
        touching.join()
        with suppress(OSError):  # it is stale soon, and the error at hand is of more use
            mine.unlink(missing_ok=True)


@contextmanager
def guarded(output: Path) -> Iterator[None]:
    """Alone for a moment among all tasks of an output. Makes the folder `records`."""
    folder = output / RECORDS
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / GUARD):
        yield


def is_held(file: Path) -> bool:
    """Whether a lock's holder is at work."""
    holder = _read(file)
    return holder is not None and _is_alive(holder, _age(file))


def _refuse_if_held(file: Path, output: Path, task: str, group: str) -> None:
    holder = _read(file)
    if holder is None:
        return
    is_other = holder["task"] != task
    if is_other and holder["group"] == group:
        return
    is_mine = not is_other and _is_started_again(holder, os.environ)
    if is_mine or not _is_alive(holder, _age(file)):
        return
    raise LockedError(
        f"{output} is in use: {holder['task']} runs on {holder['host']}, process {holder['pid']}, "
        f"since {holder['since']}; wait for it, or use another output folder. If that machine is "
        f"gone, try again in {STALE_SECONDS / 60:.0f} minutes, or delete {file}"
    )


def _holder(task: str, group: str) -> dict[str, Any]:
    job, start = _batch_job(os.environ)
    return {
        "task": task,
        "group": group,
        "host": socket.gethostname(),
        "place": _place(),
        "pid": os.getpid(),
        "process_started": psutil.Process().create_time(),
        "start_ticks": _start_ticks(os.getpid()),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        "batch_job": job,
        "batch_start": start,
    }


def _read(file: Path) -> dict[str, Any] | None:
    """What a lock says; None where it is gone, or was never written to its end."""
    try:
        holder = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    is_whole = isinstance(holder, dict) and {"task", "group", "place", "pid"} <= holder.keys()
    return holder if is_whole else None


def _is_alive(holder: Mapping[str, Any], age: float) -> bool:
    if holder["place"] != _place():
        return age < STALE_SECONDS
    try:
        process = psutil.Process(holder["pid"])
        if process.status() == psutil.STATUS_ZOMBIE:  # it ended, and nobody has asked how
            return False
        started = process.create_time()
    except psutil.Error:
        return False
    ticks, told = _start_ticks(holder["pid"]), holder.get("start_ticks")
    if ticks is not None and told is not None:
        return bool(ticks == told)
    return bool(abs(started - holder["process_started"]) < SAME_START_SECONDS)


def _start_ticks(pid: int) -> int | None:
    """When a process was started, in ticks since the machine was; None where there is no /proc.

    The time of day at which it was started moves where somebody sets the clock.
    """
    try:
        told = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    return int(told.rpartition(b")")[2].split()[19])  # field 22; the name, in (), is the second


def _age(file: Path) -> float:
    """Seconds since a lock was touched, by the clock of the file system that keeps it.

    Who may only read there, as somebody who asks for the status, has the own clock alone.
    """
    now, probe = time.time(), file.parent / GUARD
    with suppress(OSError):
        probe.touch()
        now = probe.stat().st_mtime
    try:
        return now - file.stat().st_mtime
    except FileNotFoundError:
        return STALE_SECONDS


def _place() -> str:
    """Where process numbers mean the same: a machine since it was started, or a container there."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))
    return " ".join(parts)


def _is_started_again(holder: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    """Whether the batch system started this task once more, elsewhere, after the holder.

    The same job is not enough: `srun -n 4` has four processes of it, on one machine or on several.
    Systems that do not count how often are believed to start a task on one machine at a time.
    """
    if holder["place"] == _place():
        return False
    job, start = _batch_job(environ)
    if job is None or job != holder.get("batch_job"):
        return False
    return start is None or start != holder.get("batch_start")  # earlier versions kept no start


def _batch_job(environ: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The batch system's own name of this task, and which start of it this is.

    None, None outside of one; no start where the system does not count them.
    """
    for names, counter in BATCH_SYSTEMS:
        if all(name in environ for name in names):
            job = " ".join(f"{name}={environ[name]}" for name in names)
            return job, None if counter is None else f"{counter}={environ.get(counter, '0')}"
    return None, None


def _touch(file: Path, ended: threading.Event) -> None:
    while not ended.wait(TOUCH_SECONDS):
        with suppress(OSError):
            os.utime(file)
