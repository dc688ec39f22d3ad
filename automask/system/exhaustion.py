"""What an error of any library means: memory is out, or the GPU is lost to this process."""

from __future__ import annotations

import errno

from automask.errors import AutomaskError

# What libraries say, in small letters, where memory is out, beside Python's own MemoryError: torch
# on a GPU by a class of its own or, where a library of CUDA's ran short, by the words; torch on a
# CPU, OpenCV and the system by the words.
_OUT_OF_MEMORY_CLASS = "OutOfMemoryError"
_OUT_OF_MEMORY_WORDS = (
    "not enough memory",
    "can't allocate memory",
    "cannot allocate memory",
    "insufficient memory",
    "cuda out of memory",
    "cuda error: out of memory",
    "hip error: out of memory",
    "mps backend out of memory",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
)

# After most errors of CUDA nothing more can be done in that process (CUDA Runtime API, cudaError:
# "the process must be terminated and relaunched"). torch names them by a class since 2.8.
_DEVICE_LOST_CLASS = "AcceleratorError"
_DEVICE_LOST_WORDS = (
    "cuda error:",
    "hip error:",
    "cudnn_status_execution_failed",
    "cudnn_status_internal_error",
)
# A torch that was built for other GPUs: the process is as good as another would be.
_DEVICE_KEPT_WORDS = ("no kernel image is available", "invalid device function")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of any library means that memory is out."""
    if isinstance(error, MemoryError) or type(error).__name__ == _OUT_OF_MEMORY_CLASS:
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    return _says(error, _OUT_OF_MEMORY_WORDS)


def is_device_lost(error: BaseException) -> bool:
    """Whether after an error of any library the GPU is of no use to this process any more."""
    is_ours = isinstance(error, AutomaskError)  # its words may be somebody's file name
    if is_ours or is_out_of_memory(error) or _says(error, _DEVICE_KEPT_WORDS):
        return False
    return type(error).__name__ == _DEVICE_LOST_CLASS or _says(error, _DEVICE_LOST_WORDS)


def _says(error: BaseException, words: tuple[str, ...]) -> bool:
    message = str(error).lower()
    return any(some in message for some in words)
