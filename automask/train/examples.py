"""Photographs with the masks to learn from: of a run, or of a folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from automask.config import MAX_PIXELS
from automask.errors import ImageError, UsageError
from automask.evaluate.conventions import Convention, parse_convention
from automask.evaluate.results import read_ids, read_labels
from automask.export.source import VALUES, Photo, Source, is_empty, open_source, photo_of
from automask.image.load import opened
from automask.image.scan import scan
from automask.image.trimap import BACKGROUND, CONTOUR, FOREGROUND, make_trimap
from automask.image.write import FOLDERS
from automask.output.decisions import REJECTED, Decision, read_decisions
from automask.output.ledger import RECORDS
from automask.records import Mask

KINDS = ("mask", "trimap", "objects")
OBJECTS_FIRST = ("objects", "mask", "trimap")
# However little a mask is trusted, it was kept: it counts a little.
LEAST_WEIGHT = 0.05


@dataclass(frozen=True)
class Example:
    """A photograph with its labels, in files."""

    name: str  # relative path of the photograph, posix separators
    image: Path
    label: Path
    kind: str  # of the labels: mask, trimap or objects
    values: Convention | None = None  # of masks and trimaps; None: inferred from the file
    weight: float = 1.0  # how much it counts, 0..1
    is_reviewed: bool = False  # looked at by a person
    size: tuple[int, int] | None = None  # H, W of the upright photograph where a record says it
    side: str = ""  # train, val, test or holdout, once it is split
    max_pixels: int = MAX_PIXELS  # of the photograph and its labels; larger ones are errors


@dataclass(frozen=True)
class Examples:
    """What there is to learn from, and what was left out."""

    found: tuple[Example, ...]
    left_out: tuple[tuple[str, str], ...]  # name and reason


def find_examples(
    source: Path,
    images: Path | None = None,
    truth: Path | None = None,
    values: str | None = None,
    min_confidence: float = 0.0,
    wants_objects: bool = False,
) -> Examples:
    """The examples of a run's output, or of a folder with `images/` and masks.

    images: the photographs, where they lie elsewhere. truth: a folder of true masks that takes the
    place of the run's. values: what the values of masks mean. Raises UsageError where there is
    none, or `images` or `truth` is no folder.
    """
    for name, folder in (("--images", images), ("--truth", truth)):
        if folder is not None and not folder.is_dir():
            raise UsageError(f"{name} {folder} is no folder")
    if (source / RECORDS).is_dir():
        examples = _of_run(source, images, values, min_confidence, wants_objects)
    else:
        examples = _of_folder(source, images, values, wants_objects)
    if truth is not None:
        examples = _with_truth(examples, truth, values, wants_objects)
    if not examples.found:
        raise UsageError(_nothing(source, examples.left_out))
    return examples


def read_target(example: Example) -> NDArray[np.uint8]:
    """The trimap of an example, H x W: 1 foreground, 2 background, 3 contour.

    Where the labels have no contour, the rule of `automask run` draws it. Raises ImageError where
    the file cannot be read, or its values fit no convention.
    """
    if example.kind == "objects":
        return make_trimap(read_ids(example.label, example.max_pixels) > 0)
    drawn = read_labels(example.label, example.values, "ignore", VALUES, example.max_pixels)
    if drawn.ignored is None:
        return make_trimap(drawn.mask)
    return _as_trimap(drawn.mask, drawn.ignored)


def read_object_ids(example: Example) -> NDArray[np.int64]:
    """The ids of the objects, H x W, 0 where there is none; of a mask, 1 on its object."""
    if example.kind == "objects":
        return read_ids(example.label, example.max_pixels)
    drawn = read_labels(example.label, example.values, "background", VALUES, example.max_pixels)
    return drawn.mask.astype(np.int64)


def check_sizes(examples: Iterable[Example]) -> None:
    """Raises UsageError for the first photograph whose labels have another size."""
    for example in examples:
        height, width = size_of(example)
        try:
            with Image.open(example.label) as label:
                labelled = label.size
        except OSError as error:
            raise UsageError(f"{example.label} cannot be read: {error}") from error
        if (width, height) != labelled:
            raise UsageError(
                f"{example.name!a} is {width} x {height} px, its {example.kind} {example.label} "
                f"{labelled[0]} x {labelled[1]}: they must agree; mask it again, or delete it"
            )


def size_of(example: Example) -> tuple[int, int]:
    """H, W of the upright photograph. Raises UsageError where it cannot be read."""
    if example.size is not None:
        return example.size
    try:
        with opened(example.image, example.max_pixels) as photograph:
            return photograph.height, photograph.width
    except ImageError as error:
        raise UsageError(f"it cannot be learned from: {error}") from error


def check_classes(targets: Iterable[NDArray[np.uint8]]) -> None:
    """Raises UsageError where all trimaps together have foreground or background alone."""
    seen: set[int] = set()
    for target in targets:
        seen.update(np.unique(target).tolist())
        if {FOREGROUND, BACKGROUND} <= seen:
            return
    only = "background" if BACKGROUND in seen else "foreground"
    raise UsageError(
        f"every mask to learn from is {only} alone: there is nothing to distinguish; if their "
        f"values mean something else, say it with {VALUES} FOREGROUND,BACKGROUND[,CONTOUR]"
    )


def _of_run(
    output: Path,
    images: Path | None,
    values: str | None,
    min_confidence: float,
    wants_objects: bool,
) -> Examples:
    source = open_source(output, images, values)
    if source.photographs is None:
        raise UsageError(
            f"the photographs of {output} are needed, and the folder that its run.json names is "
            "not here; name it with --images"
        )
    found, left_out = [], []
    decisions = read_decisions(output)
    for record in source.records.values():
        try:
            photo = photo_of(source, record, "object")
            decision = decisions.get(record.image)
            found.append(_of_photo(source, photo, decision, min_confidence, wants_objects))
        except ImageError as error:
            left_out.append((record.image, str(error)))
    return Examples(tuple(found), tuple(left_out))


def _of_photo(
    source: Source,
    photo: Photo,
    decision: Decision | None,
    min_confidence: float,
    wants_objects: bool,
) -> Example:
    """What a person stands for counts wholly. Raises ImageError where it is left out."""
    record = photo.record
    is_reviewed = decision is not None and decision.is_usable
    confidence = 1.0 if is_reviewed else record.confidence or 0.0
    if decision is not None and decision.verdict == REJECTED:
        raise ImageError("a person has rejected it")
    if is_empty(record) and not is_reviewed:
        raise ImageError("nothing was found there: an empty mask may be a missed object")
    if confidence < min_confidence:
        raise ImageError(f"its confidence is below --min-confidence {min_confidence:g}")
    kind, file = source.result(photo)
    if wants_objects and kind != "objects":
        raise ImageError("it has no ids of objects; run again with --objects all")
    assert photo.file is not None
    return Example(
        name=photo.image,
        image=photo.file,
        label=file,
        kind=kind,
        values=source.trimap_values if kind == "trimap" else source.mask_values,
        weight=max(LEAST_WEIGHT, confidence),
        is_reviewed=is_reviewed,
        size=photo.size,
        max_pixels=source.max_pixels,
    )


def _of_folder(
    folder: Path, images: Path | None, values: str | None, wants_objects: bool
) -> Examples:
    photographs = images or folder / "images"
    if not photographs.is_dir():
        raise UsageError(
            f"{folder} is neither an output of `automask run` nor a folder with images/ and masks/"
        )
    kinds = OBJECTS_FIRST if wants_objects else KINDS
    kind = next((k for k in kinds if (folder / FOLDERS[k]).is_dir()), None)
    if kind is None:
        raise UsageError(f"{folder} has no masks: neither masks/, trimaps/ nor objects/ is there")
    if wants_objects and kind != "objects":
        raise UsageError(f"{folder} has no ids of objects: objects/ is not there")
    convention = None if values is None else parse_convention(values, VALUES)
    found, left_out = [], []
    for job in scan(photographs):
        label = folder / FOLDERS[kind] / f"{job.stem}.png"
        if label.is_file():
            found.append(Example(job.image, photographs / job.image, label, kind, convention))
        else:
            left_out.append((job.image, f"it has no {kind} {label}"))
    return Examples(tuple(found), tuple(left_out))


def _with_truth(
    examples: Examples, truth: Path, values: str | None, wants_objects: bool
) -> Examples:
    convention = None if values is None else parse_convention(values, VALUES)
    kind = "objects" if wants_objects else "mask"
    found, left_out = [], list(examples.left_out)
    for example in examples.found:
        label = truth / f"{os.path.splitext(example.name)[0]}.png"
        if label.is_file():
            told = replace(example, label=label, kind=kind, values=convention, weight=1.0)
            found.append(told)
        else:
            left_out.append((example.name, f"it has no true mask {label}"))
    return Examples(tuple(found), tuple(left_out))


def _nothing(source: Path, left_out: Sequence[tuple[str, str]]) -> str:
    """With the reason of most that were left out."""
    reasons = Counter(reason for _, reason in left_out).most_common(1)
    most = f"; of {len(left_out)} left out, {reasons[0][1]}: {reasons[0][0]}" if reasons else ""
    return f"{source} has no masks to learn from{most}"


def _as_trimap(mask: Mask, contour: Mask) -> NDArray[np.uint8]:
    trimap = np.full(mask.shape, BACKGROUND, np.uint8)
    trimap[mask] = FOREGROUND
    trimap[contour] = CONTOUR
    return trimap
