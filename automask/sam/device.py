"""Which device computes, and what it is called."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from automask.errors import DeviceError
from automask.system.processor import cpu_name


def resolve_device(asked: str) -> torch.device:
    """The torch device for auto, cpu, mps, cuda or cuda:N; auto takes a CUDA GPU if there is one.

    Raises DeviceError where the device asked for is not there; nothing is replaced silently.
    """
    if asked == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    if asked.startswith("cuda"):
        return _cuda(asked)
    if asked == "mps" and not torch.backends.mps.is_available():
        raise DeviceError(
            "device mps asked for, but this torch finds no Apple GPU; try --device cpu"
        )
    return torch.device(asked)


def _cuda(asked: str) -> torch.device:
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    index = int(asked.partition(":")[2] or 0)
    if count == 0:
        built = torch.version.cuda or "none"
        raise DeviceError(
            f"device {asked} asked for, but torch {torch.__version__} finds no CUDA GPU (built for "
            f"CUDA {built}); check nvidia-smi and the driver, or use --device cpu"
        )
    if index >= count:
        raise DeviceError(f"device {asked} asked for, but there are only {count}: cuda:0 first")
    return torch.device("cuda", index)


def device_name(device: torch.device) -> str:
    """The GPU's or the processor's name, for run.json."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return cpu_name()


def synchronize(device: torch.device) -> None:
    """Waits until the device has finished, so that the clock measures work and not its queueing."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def autocast(device: torch.device) -> AbstractContextManager[Any]:
    """Autocast to bfloat16 where the device computes it faster than float32; no effect elsewhere.

    A processor without bfloat16 instructions emulates it, several times slower.
    """
    if not _has_fast_bfloat16(device):
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def dtype_of(precision: str, device: torch.device) -> torch.dtype:
    """The dtype of matrix multiplications: for `auto` bfloat16 where the device is fast at
    it, for `float32` that.
    """
    if precision == "auto" and _has_fast_bfloat16(device):
        return torch.bfloat16
    return torch.float32


def _has_fast_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    ask = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return device.type == "cpu" and ask is not None and bool(ask())
