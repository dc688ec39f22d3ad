"""One photograph from file to files, and the record of what became of it."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Collection
from contextlib import AbstractContextManager, suppress
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime, timezone
from typing import Any

import psutil

from automask.config import RunConfig
from automask.errors import ImageError
from automask.image.clock import Clock
from automask.image.fingerprint import fingerprint
from automask.image.given import masked_by_alpha, without_void
from automask.image.load import Photograph, load_photograph
from automask.image.objects import Labels
from automask.image.pipeline import mask_image
from automask.image.render import Rendering
from automask.image.write import FOLDERS, encode_png, output_path
from automask.records import FAILED, ImageRecord, Job, MaskResult, Proposer
from automask.system.exhaustion import is_device_lost, is_out_of_memory
from automask.system.files import partial_name, write_atomic

# Errors of the output's file system, which the next image would meet as well.
FATAL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


@dataclass(frozen=True)
class WorkerContext:
    """What a worker needs beside the job: its model and how results are labelled."""

    config: RunConfig
    proposer: Proposer
    labels: dict[str, Any]  # model, model_sha256, device, dtype, generator, settings
    owner: AbstractContextManager[Any] | None = None  # held while the model works, on a GPU


@dataclass(frozen=True)
class Outcome:
    """An image's record, and what it means for the others."""

    record: ImageRecord
    is_fatal: bool = False  # nothing can be written any more: the run must stop
    is_out_of_memory: bool = False  # it may succeed where less is done at once


def process(job: Job, context: WorkerContext) -> Outcome:
    """Takes one photograph from file to files. Whatever is wrong with it becomes its record.

    This is the one place where an image's exceptions are caught: a fault in one photograph, in the
    model or in a library costs that image alone. Raises errors after which the GPU is lost to this
    process: it must end, or no image after this one could be masked.
    """
    clock = Clock()
    blank = _blank_record(job, context.labels)
    try:
        outcome = Outcome(_process(job, context, blank, clock))
    except Exception as error:
        if is_device_lost(error):
            raise
        keep_only(job.kinds, context.config, job)
        is_fatal = isinstance(error, OSError) and error.errno in FATAL_ERRNOS
        failed = _failed(blank, error, clock.total())
        outcome = Outcome(failed, is_fatal, is_out_of_memory(error))
    return replace(outcome, record=replace(outcome.record, memory_mb=_resident_mb()))


def lost(job: Job, config: RunConfig, labels: dict[str, Any], reason: str) -> Outcome:
    """The outcome of an image whose worker cannot tell any more."""
    keep_only(job.kinds, config, job)
    return Outcome(replace(_blank_record(job, labels), error=reason))


def keep_only(kinds: Collection[str], config: RunConfig, job: Job) -> None:
    """What an earlier run left and is not true any more must not be taken for a label.

    After a failed try the kinds in `job.kinds` are still true: each was left alone, or replaced by
    a whole one of the same settings.
    """
    for kind in FOLDERS:
        target = config.output / output_path(job.stem, kind)
        partial = target.with_name(partial_name(target.name))
        for file in (partial,) if kind in kinds else (partial, target):
            with suppress(OSError):  # a disk that is read-only now is told by the error at hand
                file.unlink(missing_ok=True)


def _process(job: Job, context: WorkerContext, blank: ImageRecord, clock: Clock) -> ImageRecord:
    config = context.config
    file = config.input / job.image
    photograph = load_photograph(file, config.load.max_pixels)
    input_hash = fingerprint(file)
    seconds_load = clock.lap()
    result, notes = mask_photograph(photograph, context)
    clock.lap()
    rendering = Rendering(photograph.pixels, result, config)
    for kind in config.kinds:
        png = encode_png(rendering.pixels(kind))
        write_atomic(config.output / output_path(job.stem, kind), png)
    kinds = sorted({*config.kinds, *job.kinds})
    keep_only(kinds, config, job)
    height, width = result.mask.shape
    seconds: dict[str, Any] = {
        f"seconds_{name}": round(value, 6) for name, value in result.seconds.items()
    }
    return replace(
        blank,
        output=output_path(job.stem, config.save[0]),
        kinds=tuple(kinds),
        status=result.status,
        width=width,
        height=height,
        score=round(result.score, 4),
        confidence=round(result.confidence, 4),
        area_fraction=round(float(result.mask.mean()), 6),
        flags=result.flags,
        notes=notes,
        input_hash=input_hash,
        objects=_count(result.labels),
        seconds_load=seconds_load,
        **seconds,
        seconds_write=clock.lap(),
        seconds_total=clock.total(),
    )


def mask_photograph(
    photograph: Photograph, context: WorkerContext
) -> tuple[MaskResult, tuple[str, ...]]:
    """The result, and what is to be noted: a file may show its object, or where there is none."""
    config, notes = context.config, photograph.notes
    if photograph.alpha is not None and config.load.own_alpha == "use":
        return masked_by_alpha(photograph.alpha, config), (*notes, "masked by its own alpha")
    result = mask_image(photograph.pixels, context.proposer, config, context.owner)
    if photograph.void is None:
        return result, notes
    return without_void(result, photograph.void, config), notes


def _count(labels: Labels | None) -> int | None:
    return None if labels is None else int(labels.max(initial=0))


def _blank_record(job: Job, labels: dict[str, Any]) -> ImageRecord:
    """The record before anything is known but the job: every result of this run is None."""
    known: dict[str, Any] = {
        **labels,
        "image": job.image,
        "status": FAILED,
        "worker": f"{socket.gethostname()}:{os.getpid()}",
        "attempts": job.attempts,
        "flags": (),
        "kinds": job.kinds,
        "started_at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "input_bytes": job.input_bytes,
        "input_mtime_ns": job.input_mtime_ns,
    }
    unknown = {f.name: None if f.default is MISSING else f.default for f in fields(ImageRecord)}
    return ImageRecord(**{**unknown, **known})


def _resident_mb() -> float:
    return round(psutil.Process().memory_info().rss / 2**20, 1)


def _failed(blank: ImageRecord, error: Exception, seconds: float) -> ImageRecord:
    """Our own errors speak for themselves; others are named by their class."""
    message = str(error) if isinstance(error, ImageError) else f"{type(error).__name__}: {error}"
    return replace(blank, error=message, seconds_total=seconds)
