"""Whether memory runs short, by what the system itself says."""

from __future__ import annotations

from pathlib import Path

import psutil

SHORT_SHARE = 0.03  # of the memory there is; less left, and the system begins to kill processes
CGROUP = Path("/sys/fs/cgroup")
VMSTAT = Path("/proc/vmstat")


def is_short(cgroup: Path = CGROUP) -> bool:
    """Whether less than 3 % is left, of the machine's memory or of this container's limit."""
    memory = psutil.virtual_memory()
    if memory.available < SHORT_SHARE * memory.total:
        return True
    limit = _number(cgroup / "memory.max")
    if limit is None:
        return False
    used = _number(cgroup / "memory.current") or 0
    freeable = _counter(cgroup / "memory.stat", "inactive_file")  # read files, given back at need
    return limit - used + freeable < SHORT_SHARE * limit


def oom_kills(vmstat: Path = VMSTAT, cgroup: Path = CGROUP) -> int:
    """How many processes the system has killed for want of memory; 0 if unknown."""
    return _counter(vmstat, "oom_kill") + _counter(cgroup / "memory.events", "oom_kill")


def _number(file: Path) -> int | None:
    """The number in a file; None where there is no such file, or no limit (`max`)."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _counter(file: Path, name: str) -> int:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.split()[:1] == [name])
