"""A decision becomes files: the run's own kinds of results, and a line in the store.

In this order: the machine's results are kept, the new ones written, the decision appended. A crash
between two of them leaves whole files and loses nothing that was acknowledged; the decision counts
once its line is on the disk.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automask.config import RunConfig
from automask.image.load import load
from automask.image.objects import Labels
from automask.image.render import Rendering
from automask.image.trimap import make_trimap
from automask.image.write import encode_png, output_path
from automask.output.decisions import (
    ACCEPTED,
    CORRECTED,
    MACHINE,
    NO_OBJECT,
    Decision,
    append_decision,
)
from automask.records import OK, ImageRecord, MaskResult
from automask.review.source import Source
from automask.system.files import replacing, write_atomic

WITHOUT_PHOTOGRAPH = frozenset(
    {"trimap", "mask", "objects", "probability"}
)  # kinds that do not show it


@dataclass(frozen=True)
class Saved:
    """What a decision came to."""

    decision: Decision
    was_redrawn: bool  # whether the files differ from those that were there


def save(
    source: Source,
    record: ImageRecord,
    decision: Decision,
    labels: Labels | None,
    before: Decision | None = None,
) -> Saved:
    """Writes what was decided about an image. before: the decision that counted until now.

    labels: the objects as a person left them, H x W ids of the upright photograph; None: the
    verdict changes no mask (rejected, unsure), or leaves the one that is there (accepted). Whether
    a mask is accepted or corrected, the mask says, not who sent it. Raises ImageError where the
    photograph cannot be read any more, OSError where nothing can be written.
    """
    _keep_machines(source, record, {} if before is None else before.files)
    if decision.verdict == NO_OBJECT and labels is None:
        raise ValueError("nothing is there: the labels must be given, and empty")
    was_redrawn = labels is not None and not _is_there(source, record, labels)
    if labels is not None and was_redrawn:
        _draw(source, record, labels)
    verdict = _verdict(source, record, decision.verdict, labels)
    files = {name: _sha256(source.output / name) for name in _files(source, record)}
    stored = append_decision(source.output, replace(decision, verdict=verdict, files=files))
    return Saved(stored, was_redrawn)


def _files(source: Source, record: ImageRecord) -> Iterator[str]:
    """The results that are there, relative to the output folder."""
    for kind in source.kinds(record):
        name = output_path(source.stem(record), kind)
        if (source.output / name).is_file():
            yield name


def _keep_machines(source: Source, record: ImageRecord, by_person: Mapping[str, str]) -> None:
    """Copies the machine's results to `machine/`, once after each time that it made them.

    by_person: SHA-256 of the results that a decision left, which are not the machine's.
    """
    for name in _files(source, record):
        kept = source.output / MACHINE / name
        is_kept = kept.is_file() and kept.stat().st_mtime >= _seconds(record.started_at)
        if not is_kept and by_person.get(name) != _sha256(source.output / name):
            with replacing(kept) as partial:
                shutil.copyfile(source.output / name, partial)


def _seconds(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp()


def _is_there(source: Source, record: ImageRecord, labels: Labels) -> bool:
    """Whether all results are there and show just these objects."""
    there = len(list(_files(source, record))) == len(source.kinds(record))
    return there and _same(source.labels(record), labels)


def _same(one: Labels | None, other: Labels) -> bool:
    return one is not None and one.shape == other.shape and bool((one == other).all())


def _verdict(source: Source, record: ImageRecord, asked: str, labels: Labels | None) -> str:
    if asked not in (ACCEPTED, CORRECTED) or labels is None:
        return asked
    if not labels.any() and record.status != OK:
        return NO_OBJECT
    return ACCEPTED if _same(source.labels(record, is_machines=True), labels) else CORRECTED


def _draw(source: Source, record: ImageRecord, labels: Labels) -> None:
    config, kinds = source.config, source.kinds(record)
    if _same(source.labels(record, is_machines=True), labels):
        _restore(source, record)
        return
    needs_photograph = not WITHOUT_PHOTOGRAPH.issuperset(kinds)
    rendering = Rendering(
        _pixels(source, record, needs_photograph), _result(labels, config), config
    )
    for kind in kinds:
        target = source.output / output_path(source.stem(record), kind)
        write_atomic(target, encode_png(rendering.pixels(kind)))


def _restore(source: Source, record: ImageRecord) -> None:
    """The machine's own files, byte for byte, where a person has come back to its mask."""
    for kind in source.kinds(record):
        name = output_path(source.stem(record), kind)
        kept = source.output / MACHINE / name
        if kept.is_file():
            write_atomic(source.output / name, kept.read_bytes())


def _pixels(source: Source, record: ImageRecord, is_needed: bool) -> NDArray[np.uint8]:
    if not is_needed:
        return np.zeros((1, 1, 3), np.uint8)
    return load(source.photograph(record), source.config.load.max_pixels)


def _result(labels: Labels, config: RunConfig) -> MaskResult:
    mask = labels > 0
    trimap = make_trimap(mask, config.trimap.contour_px, config.trimap.values)
    several = None if config.has_primary_object else labels
    return MaskResult(mask, trimap, OK, 1.0, 1.0, (), {}, several)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
