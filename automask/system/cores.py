"""The cores that this process may use, and how its threads wait for each other."""

from __future__ import annotations

import os
from collections.abc import MutableMapping


def available_cores() -> int:
    """The number of cores by affinity and cgroup quota, not of the machine."""
    from joblib import cpu_count

    return int(cpu_count())


def wait_without_spinning(environ: MutableMapping[str, str] | None = None) -> None:
    """Makes OpenMP threads that wait for each other give up their core.

    By default they spin. On a machine that is busy with other work the thread they wait for then
    gets no core, and an image takes ten times as long (benchmarks/busy.py). OpenMP reads the
    variable when it is loaded: call this before torch or OpenCV are imported.

    Args:
        environ: Environment to change; None: that of this process. What the user has set stays.
    """
    (os.environ if environ is None else environ).setdefault("OMP_WAIT_POLICY", "PASSIVE")
