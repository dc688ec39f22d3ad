"""All checks, one after the other; what one of them meets never hides what others would find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

from automask.config import RunConfig
from automask.doctor import storage
from automask.doctor.finding import FAULT, OK, WARNING, Finding
from automask.doctor.gpu import check_gpu
from automask.doctor.masking import Masked, check_masking
from automask.doctor.memory import available_mb, check_memory
from automask.doctor.packages import check_extras, check_opencv, check_python, check_torch
from automask.doctor.processor import check_cores, check_instructions, cpu_flags
from automask.errors import AutomaskError
from automask.image.kinds import EXTENSIONS
from automask.image.left_out import told_left_out
from automask.image.scan import scan_part
from automask.pool.crew import plan_crew
from automask.sam.weights import Weights, locate
from automask.system.cores import available_cores

FLOAT32_COPY = 2.2  # the largest checkpoints are float32 already; the bundled one is half of it


@dataclass(frozen=True)
class Patient:
    """What is to be examined: a run's settings, and which folders it would use."""

    config: RunConfig
    input: Path | None
    output: Path | None


def examine(patient: Patient) -> Iterator[Finding]:
    """Every finding, as soon as it is known. Writes in trial folders only, and removes them."""
    yield check_python()
    torch = _safely("torch", check_torch)
    yield torch
    yield check_opencv()
    yield check_extras()
    yield check_instructions(cpu_flags())
    yield check_cores()
    if torch.state == OK:
        yield _safely("gpu", check_gpu)
    yield from _examine_folders(patient)
    weights = _safely("weights", lambda: _check_weights(patient.config))
    yield weights
    if OK == torch.state == weights.state:
        yield from _examine_masking(patient)


def _examine_folders(patient: Patient) -> Iterator[Finding]:
    images = None
    if patient.input is not None:
        images, finding = _check_input(patient.input, patient.output)
        yield finding
    place = storage.existing(patient.output or Path())
    yield _safely("space", lambda: storage.check_space(place, images))
    try:
        with storage.trial_folder(place) as trial:
            for check in (
                storage.check_locks,
                storage.check_rename,
                storage.check_names,
                storage.check_times,
            ):
                yield check(trial)
    except OSError as error:
        yield Finding(
            "output",
            FAULT,
            f"cannot write into {place}: {error.strerror}",
            "another folder, or its owner's leave",
        )


def _check_input(folder: Path, output: Path | None) -> tuple[int | None, Finding]:
    try:
        listing = scan_part(folder, output)
    except AutomaskError as error:
        return None, _fault("input", error)
    jobs = listing.jobs
    if not jobs:
        kinds = ", ".join(sorted(EXTENSIONS))
        return 0, Finding("input", FAULT, f"{folder} holds no photograph", f"files in {kinds}")
    size = sum(job.input_bytes for job in jobs) / 1e6
    text = f"{len(jobs):,} photographs, {size:,.0f} MB"
    if listing.left_out:
        text += f"; left out: {told_left_out(listing.left_out)}"
    if listing.unseen:
        text = f"{text}; cannot be read: {', '.join(listing.unseen)}"
        return len(jobs), Finding("input", WARNING, text, "make these folders readable")
    return len(jobs), Finding("input", OK, text)


def _check_weights(config: RunConfig) -> Finding:
    weights = _locate(config)
    needed = int(weights.file.stat().st_size * FLOAT32_COPY)
    space = storage.check_temporary_folder(needed)
    if space.state != OK:
        return space
    text = f"{config.model}: {weights.file}, SHA-256 {weights.sha256[:12]} verified"
    return Finding("weights", OK, text)


def _locate(config: RunConfig) -> Weights:
    return locate(config.model, config.arch, config.weights)


def _examine_masking(patient: Patient) -> Iterator[Finding]:
    masked = Masked(Finding("masking", FAULT, "not tried"))
    place = storage.existing(patient.output) if patient.output else Path(gettempdir())
    try:
        with storage.trial_folder(place) as trial:
            masked = check_masking(trial, patient.config)
    except (AutomaskError, OSError) as error:
        masked = Masked(_fault("masking", error))
    yield masked.finding
    config = patient.config
    threads = _locate(config).checkpoint.threads
    crew = plan_crew(config.workers, config.threads, available_cores(), threads)
    yield check_memory(available_mb(), masked.worker_mb, crew.workers)


def _safely(name: str, check: Callable[[], Finding]) -> Finding:
    """The finding of a check; what stops it is a finding, too: the others go on."""
    try:
        return check()
    except (AutomaskError, OSError, RuntimeError) as error:
        return _fault(name, error)


def _fault(name: str, error: Exception) -> Finding:
    """Our errors say the fault in their first line, and what to do after it."""
    what, _, remedy = str(error).partition("\n")
    return Finding(name, FAULT, what, " ".join(remedy.split()))
