"""The processor's name, and whether there may be a GPU, asked without loading torch."""

from __future__ import annotations

import ctypes
import platform
import sys
from pathlib import Path

CUDA_DRIVER = "libcuda.so.1"  # what torch itself loads
ROCM_DEVICE = Path("/dev/kfd")


def cpu_name() -> str:
    """What the system calls the processor."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def may_have_gpu(driver: str = CUDA_DRIVER, rocm: Path = ROCM_DEVICE) -> bool:
    """Whether torch could find a GPU for `--device auto`: loading torch to ask takes seconds."""
    if sys.platform == "win32" or rocm.exists():
        return True
    try:
        ctypes.CDLL(driver)
    except OSError:
        return False
    return True
