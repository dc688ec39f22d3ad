"""The errors a user can meet, each with the exit code that the command line gives for it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

EXIT_OK = 0
EXIT_SOME_FAILED = 1
EXIT_USAGE = 2
EXIT_WEIGHTS = 3
EXIT_DEVICE = 4
EXIT_LOCKED = 5
EXIT_SIGINT = 130
EXIT_SIGUSR1 = 138  # a batch system's warning that the task's time is over
EXIT_SIGTERM = 143


class AutomaskError(Exception):
    """Base of every error that is told to the user as one clear message, without a traceback."""

    exit_code = EXIT_USAGE


class UsageError(AutomaskError):
    """Wrong arguments or folders."""


class ConfigError(AutomaskError):
    """A setting that does not exist, has the wrong type or is out of range."""


class CollisionError(AutomaskError):
    """Two inputs that would write the same output."""


class SettingsChangedError(AutomaskError):
    """The output folder holds masks made with other settings."""


class InstallationError(AutomaskError):
    """Installed packages that do not fit together."""


class WeightsError(AutomaskError):
    """A checkpoint that is missing, damaged, or not what its name says."""

    exit_code = EXIT_WEIGHTS


class DeviceError(AutomaskError):
    """The device asked for is not there."""

    exit_code = EXIT_DEVICE


class DivergedError(AutomaskError):
    """A tuning whose loss is no number any more."""

    exit_code = EXIT_SOME_FAILED


class MeasurementError(AutomaskError):
    """A measurement that could not be finished, because a process of it died."""

    exit_code = EXIT_SOME_FAILED


class ClusterError(AutomaskError):
    """A run on a Dask cluster that had to stop because the cluster is gone or of no use."""

    exit_code = EXIT_SOME_FAILED


class LockedError(AutomaskError):
    """Another run writes into this output folder."""

    exit_code = EXIT_LOCKED


class WorkersError(AutomaskError):
    """Worker processes that die as they start."""

    exit_code = EXIT_SOME_FAILED


class OutputError(AutomaskError):
    """The run had to stop because results can no longer be written (disk full, read-only)."""

    exit_code = EXIT_SOME_FAILED


class ImageError(AutomaskError):
    """One photograph that cannot be used; it costs that image alone."""

    exit_code = EXIT_SOME_FAILED


class Interrupted(BaseException):
    """A signal asked the run to stop; like KeyboardInterrupt, nothing should swallow it."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


@contextmanager
def reraise_oserror(kind: type[AutomaskError], what: str) -> Iterator[None]:
    """What the file system refuses, as an error that says what could not be done."""
    try:
        yield
    except OSError as error:
        raise kind(f"{what}: {error.strerror or error}") from error


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
    told = str(error).lower()
    return any(some in told for some in words)
