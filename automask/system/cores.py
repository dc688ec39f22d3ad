"""The cores that this process may use."""

from __future__ import annotations


def available_cores() -> int:
    """Cores by affinity and by the cgroup's quota, not by what the machine has."""
    from joblib import cpu_count

    return int(cpu_count())
