"""Memory against what the workers will take, measured on a photograph just before."""

from __future__ import annotations

from pathlib import Path

import psutil

from automask.doctor.finding import FAULT, OK, WARNING, Finding
from automask.pool.memory import CGROUP


def available_mb(cgroup: Path = CGROUP) -> float:
    """MiB that this process may still take: of the machine, or up to its container's limit."""
    machine = psutil.virtual_memory().available / 2**20
    try:
        limit = int((cgroup / "memory.max").read_text())
        used = int((cgroup / "memory.current").read_text())
    except (OSError, ValueError):  # no such file; the word `max`
        return machine
    return min(machine, (limit - used) / 2**20)


def check_memory(available: float, each_mb: float | None, workers: int) -> Finding:
    """each_mb: resident memory of a worker; None where no image could be masked. All MiB."""
    if each_mb is None:
        return Finding("memory", OK, f"{available:,.0f} MiB; what a worker takes is not known")
    text = (
        f"{available:,.0f} MiB for {workers} workers of about {each_mb:,.0f} MiB each "
        "(on 12 megapixels)"
    )
    if each_mb > available:
        return Finding("memory", FAULT, text, "more memory, or a smaller model")
    if each_mb * workers > available:
        fit = max(1, int(available // each_mb))
        remedy = f"--workers {fit}; automask itself does less at once where memory runs short"
        return Finding("memory", WARNING, text, remedy)
    return Finding("memory", OK, text)
