"""The processor: what its instructions are worth, and how much of it is ours."""

from __future__ import annotations

import os
from pathlib import Path

from automask.doctor.finding import OK, WARNING, Finding
from automask.system.cores import available_cores

CPUINFO = Path("/proc/cpuinfo")


def cpu_flags(cpuinfo: Path = CPUINFO) -> frozenset[str]:
    """The instructions of the processor, by Linux's names; nothing where there is no such file."""
    try:
        lines = cpuinfo.read_text(errors="replace").splitlines()
    except OSError:
        return frozenset()
    listed = (line.partition(":")[2] for line in lines if line.startswith(("flags", "Features")))
    return frozenset(next(listed, "").split())


def check_instructions(flags: frozenset[str]) -> Finding:
    """AVX-512, bfloat16 and AMX. The figures are those of docs/benchmarks.md."""
    if not flags:
        return Finding("processor", OK, "its instruction sets are unknown")
    if "amx_bf16" in flags or "avx512_bf16" in flags:
        how = "AMX" if "amx_bf16" in flags else "AVX512-BF16"
        text = f"{how}: matrix multiplications in bfloat16, the encoder up to 3 times as fast"
        return Finding("processor", OK, text)
    if "avx2" in flags or "asimd" in flags:
        wide = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "NEON"
        text = f"{wide}, without bfloat16: computes in float32, up to 3 times as long"
        return Finding("processor", OK, text)
    return Finding(
        "processor",
        WARNING,
        "no AVX2: torch falls back to slow code",
        "another machine; a virtual one may hide it: pass the host's processor through",
    )


def check_cores(available: int | None = None, machine: int | None = None) -> Finding:
    """Cores by affinity and cgroup against those of the machine."""
    available = available or available_cores()
    machine = machine or os.cpu_count() or available
    if available < machine:
        return Finding(
            "cores", OK, f"{available} of {machine}: affinity or a cgroup keeps it from the others"
        )
    return Finding("cores", OK, f"{available}")
