"""Raw measurements. Seconds are wall time of the parent's clock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automask.records import FAILED, ImageRecord, Job


@dataclass(frozen=True)
class Variant:
    """One way of masking: model, device and generator."""

    model: str  # as the user named it
    device: str  # resolved: cpu, cuda:0, mps
    generator: str  # a name of generators.GENERATORS

    @property
    def name(self) -> str:
        """Model, device and generator, as printed."""
        return f"{self.model} {self.device} {self.generator}"


@dataclass(frozen=True)
class Task:
    """One image to be masked; images repeat if there are few of them."""

    job: Job
    repeat: int  # 0 when the image comes for the first time


@dataclass(frozen=True)
class ColdStart:
    """Seconds that a process takes from its start to its first mask."""

    seconds_import: float  # the interpreter and the libraries
    seconds_load: float  # the weights, onto the device
    seconds_first_image: float  # including any compilation

    @property
    def seconds(self) -> float:
        """The whole cold start."""
        return self.seconds_import + self.seconds_load + self.seconds_first_image


@dataclass(frozen=True)
class Turn:
    """One variant's turn in one round: all images of the round, with all its workers."""

    seconds_wall: float
    records: tuple[ImageRecord, ...]

    @property
    def images_per_hour(self) -> float:
        """Images masked or found without object, per hour; failed ones do not count."""
        return 3600 * sum(record.is_done for record in self.records) / self.seconds_wall


@dataclass(frozen=True)
class Measured:
    """All measurements of one variant."""

    variant: Variant
    is_random: bool  # random weights: the seconds count, the masks do not
    workers: int  # processes on a CPU, threads around a GPU
    threads: int  # of each worker
    model_sha256: str
    mask_settings: dict[str, Any]  # what shapes the masks, see RunConfig.mask_settings
    generator_settings: dict[str, Any]  # the checkpoint's and the user's, over the package's own
    cold_start: ColdStart  # of the process that was ready last
    turns: tuple[Turn, ...]  # one a round
    memory_mb: float  # resident memory, MiB: the peak of the largest process
    gpu_memory_mb: float | None  # MiB that torch had allocated at its peak; None off CUDA
    output: Path  # folder of its results; those of the images' first time are in `0/`

    @property
    def records(self) -> tuple[ImageRecord, ...]:
        """The records of all turns."""
        return tuple(record for turn in self.turns for record in turn.records)

    @property
    def dtype(self) -> str:
        """The precision of the model, from the records."""
        return ", ".join(sorted({record.dtype for record in self.records}))

    @property
    def failures(self) -> list[tuple[str, str]]:
        """Each distinct pair of image and error."""
        failed = (r for r in self.records if r.status == FAILED)
        return list(dict.fromkeys((r.image, r.error or "") for r in failed))
