"""The way of one image, as straight calls: load, propose, choose, refine, trimap, write, record."""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Protocol

import cv2
import numpy as np
import psutil
from numpy.typing import NDArray

from automask.config import RunConfig
from automask.errors import ImageError
from automask.image.choose import choose
from automask.image.load import load
from automask.image.objects import Labels, evidence, label_objects, pick_objects
from automask.image.refine import refine
from automask.image.render import Rendering
from automask.image.trimap import make_trimap
from automask.image.write import FOLDERS, encode_png, output_path, write_atomic
from automask.records import FAILED, NO_OBJECT, OK, ImageRecord, Job, Mask, MaskResult, Proposal

# Errors of the output's file system, which the next image would meet as well.
FATAL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


class Proposer(Protocol):
    """What `sam/` gives to this side: masks for an image, with the seconds they took."""

    max_side: int  # longest side of the image it wants, px; 0: any

    def propose(self, image_rgb: NDArray[np.uint8]) -> tuple[list[Proposal], dict[str, float]]: ...


@dataclass(frozen=True)
class Bench:
    """What a worker needs beside the job: its model and how results are labelled."""

    config: RunConfig
    proposer: Proposer
    labels: dict[str, Any]  # model, model_sha256, device, dtype, generator, settings
    owner: AbstractContextManager[Any] | None = None  # held while the model works, on a GPU


@dataclass(frozen=True)
class Outcome:
    """An image's record, and whether the run must stop because nothing can be written any more."""

    record: ImageRecord
    is_fatal: bool = False


def mask_image(
    image: NDArray[np.uint8],
    proposer: Proposer,
    config: RunConfig,
    owner: AbstractContextManager[Any] | None = None,
) -> MaskResult:
    """The mask and trimap of the primary object of one photograph (H x W x 3 uint8 RGB)."""
    small = shrink(image, proposer.max_side)
    with owner or nullcontext():
        proposals, seconds = proposer.propose(small)

    if not config.has_primary_object:
        return _mask_objects(proposals, image.shape[:2], config, seconds)
    clock = _Clock()
    choice = choose(proposals, config.choose)
    seconds["choose"] = clock.lap()

    chosen = None if choice.index is None else proposals[choice.index]
    mask = at_size(chosen, image.shape[:2])
    mask = refine(mask, config.refine.hole_fraction, config.refine.island_fraction)
    trimap = make_trimap(mask, config.trimap.contour_px, config.trimap.values)
    seconds["refine"] = clock.lap()

    status = OK if mask.any() else NO_OBJECT
    return MaskResult(mask, trimap, status, choice.score, choice.confidence, choice.flags, seconds)


def _mask_objects(
    proposals: list[Proposal], shape: tuple[int, int], config: RunConfig, seconds: dict[str, float]
) -> MaskResult:
    """All objects of a photograph of H x W = `shape`; mask and trimap are of their union.

    Score and confidence are the mean evidence of the objects: nobody has fitted a better one.
    """
    clock = _Clock()
    picked = [proposals[index] for index in pick_objects(proposals, config.objects)]
    seconds["choose"] = clock.lap()

    labels = label_objects(
        (_refined_where_it_lies(at_size(p, shape), config) for p in picked), shape
    )
    mask = labels > 0
    trimap = make_trimap(mask, config.trimap.contour_px, config.trimap.values)
    seconds["refine"] = clock.lap()

    status = OK if picked else NO_OBJECT
    score = sum(map(evidence, picked)) / max(len(picked), 1)
    return MaskResult(mask, trimap, status, score, score, (), seconds, labels)


def _refined_where_it_lies(mask: Mask, config: RunConfig) -> Mask:
    """`refine` of a small object in a large photograph, looking at the object's box alone."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    # The pixel around tells holes from what is outside, as far as the photograph reaches.
    box = np.s_[max(0, top - 1) : top + height + 1, max(0, left - 1) : left + width + 1]
    as_part = mask.size / mask[box].size  # the limits are fractions of the photograph
    refined = np.zeros_like(mask)
    refined[box] = refine(
        mask[box],
        config.refine.hole_fraction * as_part,
        config.refine.island_fraction * as_part,
    )
    return refined


def process(job: Job, bench: Bench) -> Outcome:
    """Takes one photograph from file to files. Whatever is wrong with it becomes its record.

    This is the one place where an image's exceptions are caught: a fault in one photograph, in the
    model or in a library costs that image alone.
    """
    clock = _Clock()
    blank = _blank_record(job, bench.labels)
    try:
        record, is_fatal = _process(job, bench, blank, clock), False
    except Exception as error:
        remove_outputs(bench.config, job, FOLDERS)
        record = _failed(blank, error, clock.total())
        is_fatal = isinstance(error, OSError) and error.errno in FATAL_ERRNOS
    return Outcome(_with(record, memory_mb=_resident_mb()), is_fatal)


def lost(job: Job, config: RunConfig, labels: dict[str, Any], reason: str) -> Outcome:
    """The outcome of an image whose worker cannot tell any more."""
    remove_outputs(config, job, FOLDERS)
    return Outcome(_with(_blank_record(job, labels), error=reason))


def remove_outputs(config: RunConfig, job: Job, kinds: Iterable[str]) -> None:
    """What an earlier run left and is not true any more must not be taken for a label."""
    for kind in kinds:
        with suppress(OSError):  # a disk that is read-only now is told by the error at hand
            (config.output / output_path(job.stem, kind)).unlink(missing_ok=True)


def _process(job: Job, bench: Bench, blank: ImageRecord, clock: _Clock) -> ImageRecord:
    config = bench.config
    image = load(config.input / job.image, config.load.max_pixels)
    seconds_load = clock.lap()
    result = mask_image(image, bench.proposer, config, bench.owner)
    clock.lap()
    rendering = Rendering(image, result, config)
    for kind in config.kinds:
        png = encode_png(rendering.pixels(kind))
        write_atomic(config.output / output_path(job.stem, kind), png)
    kinds = sorted({*config.kinds, *job.kinds})
    remove_outputs(config, job, set(FOLDERS) - set(kinds))
    height, width = result.mask.shape
    return _with(
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
        objects=_count(result.labels),
        seconds_load=seconds_load,
        **{f"seconds_{name}": round(value, 6) for name, value in result.seconds.items()},
        seconds_write=clock.lap(),
        seconds_total=clock.total(),
    )


def shrink(image: NDArray[np.uint8], max_side: int) -> NDArray[np.uint8]:
    """The image (H x W x 3), its longest side at most `max_side` px (0: any)."""
    longest = max(image.shape[:2])
    if max_side == 0 or longest <= max_side:
        return image
    height, width = (max(1, round(s * max_side / longest)) for s in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def at_size(proposal: Proposal | None, shape: tuple[int, ...]) -> Mask:
    """The proposal's mask at H x W = `shape`, its edge interpolated; None: nothing anywhere."""
    height, width = shape[:2]
    if proposal is None:
        return np.zeros((height, width), np.bool_)
    if proposal.mask.shape == (height, width):
        return proposal.mask
    if proposal.cut is not None:
        return proposal.cut((height, width))
    soft = cv2.resize(proposal.mask.astype(np.float32), (width, height))
    return np.asarray(soft >= 0.5)


def _count(labels: Labels | None) -> int | None:
    return None if labels is None else int(labels.max(initial=0))


class _Clock:
    def __init__(self) -> None:
        self._start = self._lap = time.perf_counter()

    def lap(self) -> float:
        """Seconds since the last lap."""
        before, self._lap = self._lap, time.perf_counter()
        return round(self._lap - before, 6)

    def total(self) -> float:
        """Seconds since the clock was made."""
        return round(time.perf_counter() - self._start, 6)


def _blank_record(job: Job, labels: dict[str, Any]) -> ImageRecord:
    """The record before anything is known but the job: every result is None."""
    known: dict[str, Any] = {
        **labels,
        "image": job.image,
        "status": FAILED,
        "worker": f"{socket.gethostname()}:{os.getpid()}",
        "attempts": job.attempts,
        "flags": (),
        "kinds": (),
        "started_at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "input_bytes": job.input_bytes,
        "input_mtime_ns": job.input_mtime_ns,
    }
    unknown: dict[str, Any] = dict.fromkeys(ImageRecord.__dataclass_fields__)
    return ImageRecord(**{**unknown, **known})


def _resident_mb() -> float:
    return round(psutil.Process().memory_info().rss / 2**20, 1)


def _with(record: ImageRecord, **changes: Any) -> ImageRecord:
    return ImageRecord(**{**record.__dict__, **changes})


def _failed(blank: ImageRecord, error: Exception, seconds: float) -> ImageRecord:
    """Our own errors speak for themselves; others are named by their class."""
    message = str(error) if isinstance(error, ImageError) else f"{type(error).__name__}: {error}"
    return _with(blank, error=message, seconds_total=seconds)
