"""One photograph from file to files, and the record of what became of it."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime, timezone
from functools import partial
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
from automask.image.prompts import mask_by_prompts
from automask.image.render import Rendering
from automask.image.results import Results
from automask.image.write import output_path
from automask.records import FAILED, Answerer, ImageRecord, Job, MaskResult
from automask.system.exhaustion import is_device_lost, is_out_of_memory

# Errors of the output's file system, which the next image would meet as well.
FATAL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


@dataclass(frozen=True)
class WorkerContext:
    """What a worker needs beside the job: its model and how results are labelled."""

    config: RunConfig
    proposer: Answerer
    labels: dict[str, Any]  # model, model_sha256, device, dtype, generator, settings
    owner: AbstractContextManager[Any] | None = None  # held while the model works, on a GPU


@dataclass(frozen=True)
class Outcome:
    """An image's record, and what it means for the others."""

    record: ImageRecord
    is_fatal: bool = False  # nothing can be written any more: the run must stop
    is_out_of_memory: bool = False  # it may succeed where less is done at once


# The result of a photograph, and what is to be noted.
Masker = Callable[[Photograph], tuple[MaskResult, tuple[str, ...]]]


def process(job: Job, context: WorkerContext) -> Outcome:
    """Takes one photograph from file to files. Whatever is wrong with it becomes its record.

    Raises errors after which the GPU is lost to this process: it must end, or no image after this
    one could be masked.
    """
    masker = partial(mask_photograph, context=context, prompts=job.prompts)
    return process_with(masker, job, context.config, context.labels)


def process_with(masker: Masker, job: Job, config: RunConfig, labels: dict[str, Any]) -> Outcome:
    """The same with the mask from anywhere. What a person mended of its results is left alone.

    This is the one place where an image's exceptions are caught: a fault in one photograph, in the
    model or in a library costs that image alone.
    """
    clock = Clock()
    blank = _blank_record(job, labels)
    results = Results(config.output, job)
    try:
        outcome = Outcome(_process(masker, job, config, results, blank, clock))
    except Exception as error:
        if is_device_lost(error):
            raise
        is_fatal = isinstance(error, OSError) and error.errno in FATAL_ERRNOS
        failed = _failed(blank, error, clock.total())
        outcome = Outcome(_as_before(failed, results), is_fatal, is_out_of_memory(error))
    return replace(outcome, record=replace(outcome.record, memory_mb=_resident_mb()))


def lost(job: Job, config: RunConfig, labels: dict[str, Any], reason: str) -> Outcome:
    """The outcome of an image whose worker can no longer report."""
    failed = replace(_blank_record(job, labels), error=reason)
    return Outcome(_as_before(failed, Results(config.output, job)))


def _as_before(failed: ImageRecord, results: Results) -> ImageRecord:
    """The record of a failed try: what was true before it is still there, all else goes."""
    results.keep_only(failed.kinds)
    return replace(failed, **results.fields(failed.kinds))


def _process(
    masker: Masker, job: Job, config: RunConfig, results: Results, blank: ImageRecord, clock: Clock
) -> ImageRecord:
    file = config.input / job.image
    photograph = load_photograph(file, config.load.max_pixels)
    input_hash = fingerprint(file)
    seconds_load = clock.lap()
    result, notes = masker(photograph)
    clock.lap()
    rendering = Rendering(photograph.pixels, result, config)
    for kind in config.kinds:
        if kind not in results.mended:
            results.write(kind, rendering.pixels(kind))
    kinds = {*config.kinds, *job.kinds}
    results.keep_only(kinds)
    height, width = result.mask.shape
    seconds: dict[str, Any] = {
        f"seconds_{name}": round(value, 6) for name, value in result.seconds.items()
    }
    return replace(
        blank,
        **results.fields(kinds),
        output=output_path(job.stem, config.save[0]),
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
        object_scores=result.object_scores,
        seconds_load=seconds_load,
        **seconds,
        seconds_write=clock.lap(),
        seconds_total=clock.total(),
    )


def mask_photograph(
    photograph: Photograph, context: WorkerContext, prompts: str | None = None
) -> tuple[MaskResult, tuple[str, ...]]:
    """The result, and what is to be noted: a file may show its object, or where there is none.

    prompts: from a file, see image/prompts.py; None: automatic.
    """
    config, notes = context.config, photograph.notes
    if photograph.alpha is not None and config.load.own_alpha == "use" and prompts is None:
        return masked_by_alpha(photograph.alpha, config), (*notes, "masked by its own alpha")
    if prompts is None:
        result = mask_image(photograph.pixels, context.proposer, config, context.owner)
    else:
        result = mask_by_prompts(
            photograph.pixels, prompts, context.proposer, config, context.owner
        )
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
        "prompts": job.prompts,
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
