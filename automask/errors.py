"""The errors a user can meet, each with the exit code that the command line gives for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum


class ExitCode(IntEnum):
    """What the command line ends with. Scripts rely on these numbers: none changes its meaning."""

    meaning: str

    OK = 0, "every image has a mask or no object"
    SOME_FAILED = 1, "some images failed"
    USAGE = 2, "wrong usage, config or collision"
    WEIGHTS = 3, "weights missing or not verified"
    DEVICE = 4, "the device is not there"
    LOCKED = 5, "another run writes there"
    SIGINT = 130, "interrupted by SIGINT, safe to rerun"
    SIGUSR1 = 138, "interrupted by SIGUSR1, a batch system's warning, safe to rerun"
    SIGTERM = 143, "interrupted by SIGTERM, safe to rerun"

    def __new__(cls, code: int, meaning: str) -> ExitCode:
        """A code with its meaning, as `automask --help` prints it."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member


class AutomaskError(Exception):
    """Base of every error that is told to the user as one clear message, without a traceback."""

    exit_code = ExitCode.USAGE
    is_retryable = False  # whether the same command may succeed later, with nothing changed in it


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

    exit_code = ExitCode.WEIGHTS


class DeviceError(AutomaskError):
    """The device asked for is not there."""

    exit_code = ExitCode.DEVICE


class DivergedError(AutomaskError):
    """A tuning whose loss is no number any more."""

    exit_code = ExitCode.SOME_FAILED


class MeasurementError(AutomaskError):
    """A measurement that could not be finished, because a process of it died."""

    exit_code = ExitCode.SOME_FAILED
    is_retryable = True


class ClusterError(AutomaskError):
    """A run on a Dask cluster that had to stop because the cluster is gone or of no use."""

    exit_code = ExitCode.SOME_FAILED
    is_retryable = True


class LockedError(AutomaskError):
    """Another run writes into this output folder."""

    exit_code = ExitCode.LOCKED
    is_retryable = True


class WorkersError(AutomaskError):
    """Worker processes that die as they start."""

    exit_code = ExitCode.SOME_FAILED
    is_retryable = True


class OutputError(AutomaskError):
    """The run had to stop because results can no longer be written (disk full, read-only)."""

    exit_code = ExitCode.SOME_FAILED
    is_retryable = True


class ImageError(AutomaskError):
    """One photograph that cannot be used; it costs that image alone."""

    exit_code = ExitCode.SOME_FAILED


class Interrupted(BaseException):
    """A signal asked the run to stop; like KeyboardInterrupt, nothing should swallow it."""

    def __init__(self, exit_code: int, told: str = "") -> None:
        """told: sentences on how far it came and how to go on, where that is known."""
        super().__init__(exit_code)
        self.exit_code, self.told = exit_code, told


@contextmanager
def reraise_oserror(kind: type[AutomaskError], what: str) -> Iterator[None]:
    """What the file system refuses, as an error that says what could not be done."""
    try:
        yield
    except OSError as error:
        raise kind(f"{what}: {error.strerror or error}") from error
