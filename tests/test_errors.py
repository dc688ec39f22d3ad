"""What the errors of other libraries mean, told by their classes and words."""

from __future__ import annotations

import errno
import os

import pytest

from automask.errors import ImageError
from automask.system.exhaustion import is_device_lost, is_out_of_memory


class OutOfMemoryError(RuntimeError):
    """torch's, without torch."""


class AcceleratorError(RuntimeError):
    """torch's since 2.8, without torch."""


MEMORY = [
    MemoryError(),
    OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)),
    OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
    AcceleratorError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously ..."),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("MPS backend out of memory (MPS allocated: 9.00 GB, max allowed: 9.07 GB)."),
    RuntimeError("unable to mmap 375042383 bytes from file <x>: Cannot allocate memory (12)"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:114] DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("OpenCV(4.10.0) alloc.cpp:73: error: (-4:Insufficient memory) Failed to allocate"),
]
LOST = [
    RuntimeError("CUDA error: an illegal memory access was encountered"),
    RuntimeError("CUDA error: device-side assert triggered"),
    RuntimeError("CUDA error: uncorrectable ECC error encountered"),
    AcceleratorError("unspecified launch failure"),
    RuntimeError("HIP error: the operation cannot be performed in the present state"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
]
OTHERS = [
    ValueError("an odd shape"),
    OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    RuntimeError("CUDA error: no kernel image is available for execution on the device"),
    ImageError("'CUDA error: .jpg': damaged image"),
]


@pytest.mark.parametrize("error", MEMORY, ids=str)
def test_an_error_for_want_of_memory_is_known_and_leaves_the_device(error: Exception) -> None:
    assert is_out_of_memory(error)
    assert not is_device_lost(error)


@pytest.mark.parametrize("error", LOST, ids=str)
def test_an_error_after_which_the_device_is_lost_is_known(error: Exception) -> None:
    assert is_device_lost(error)
    assert not is_out_of_memory(error)


@pytest.mark.parametrize("error", OTHERS, ids=str)
def test_other_errors_are_neither(error: Exception) -> None:
    assert not is_out_of_memory(error)
    assert not is_device_lost(error)
