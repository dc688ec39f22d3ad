"""Object maps against object maps: which objects were found, split or merged.

A predicted and a true object match where their IoU is above 0.5. The ids of a map do not overlap,
so that no object matches two (Kirillov et al., "Panoptic segmentation", 2019).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from automask.labelled.folder import dataset_of

MATCH_IOU = 0.5
MOSTLY = 0.5  # share of an object that lies in another of which it is a piece

Ids = NDArray[np.integer]  # H x W: 0 background, else an object's id


@dataclass(frozen=True)
class ObjectFigures:
    """The objects of one photograph."""

    image: str  # the true map's relative path
    dataset: str  # see dataset_of
    true_objects: int
    predicted_objects: int
    is_match: tuple[bool, ...]  # of the predicted objects, in the order of their ids
    matched_iou: tuple[float, ...]  # of those that match
    split: int  # true objects of which two predicted ones or more are pieces
    merged: int  # true objects that are a piece of a predicted one, together with others
    scores: tuple[float, ...] | None = None  # of the predicted objects; None: not known


@dataclass(frozen=True)
class ObjectSummary:
    """The objects of several photographs, each object counting the same."""

    name: str
    images: int
    true_objects: int
    predicted_objects: int
    precision: float  # share of the predicted objects that match; 0 where there are none
    recall: float  # share of the true objects that match
    f1: float
    ap50: float  # see `average_precision`
    matched_iou: float | None  # mean over the matches; None: there are none
    split: float  # share of the true objects: over-segmentation
    merged: float  # share of the true objects: under-segmentation


def measure_objects(
    image: str, predicted: Ids, truth: Ids, scores: Sequence[float] | None = None
) -> ObjectFigures:
    """The figures of one photograph; both maps H x W.

    scores: of the predicted objects in the order of their ids; where there are not as many, some
    were changed since, and none counts.
    """
    shared, ours, theirs = overlaps(predicted, truth)
    iou = shared / np.maximum(ours[:, None] + theirs[None] - shared, 1)
    matches = iou > MATCH_IOU
    is_piece = shared > MOSTLY * ours[:, None]  # of a predicted object in a true one
    is_swallowed = shared > MOSTLY * theirs[None]  # of a true object in a predicted one
    in_company = is_swallowed & (is_swallowed.sum(axis=1, keepdims=True) > 1)
    return ObjectFigures(
        image=image,
        dataset=dataset_of(PurePosixPath(image).stem),
        true_objects=len(theirs),
        predicted_objects=len(ours),
        is_match=tuple(matches.any(axis=1).tolist()),
        matched_iou=tuple(iou[matches].tolist()),
        split=int((is_piece.sum(axis=0) > 1).sum()),
        merged=int(in_company.any(axis=0).sum()),
        scores=tuple(scores) if scores is not None and len(scores) == len(ours) else None,
    )


def overlaps(
    predicted: Ids, truth: Ids
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Pixels that each two objects share, P x T, and those of each, P and T, by rising ids."""
    ours, our_place = np.unique(predicted, return_inverse=True)
    theirs, their_place = np.unique(truth, return_inverse=True)
    pairs = our_place.reshape(-1) * len(theirs) + their_place.reshape(-1)
    counts = np.bincount(pairs, minlength=len(ours) * len(theirs))
    table = counts.reshape(len(ours), len(theirs))
    inner = table[ours > 0][:, theirs > 0]
    return inner, table[ours > 0].sum(axis=1), table[:, theirs > 0].sum(axis=0)


def summarise_objects(name: str, rows: Sequence[ObjectFigures]) -> ObjectSummary:
    """The summary of at least one photograph."""
    there, found = (sum(getattr(r, n) for r in rows) for n in ("true_objects", "predicted_objects"))
    ious = [iou for row in rows for iou in row.matched_iou]
    hits = len(ious)
    return ObjectSummary(
        name=name,
        images=len(rows),
        true_objects=there,
        predicted_objects=found,
        precision=hits / max(found, 1),
        recall=hits / max(there, 1),
        f1=2 * hits / max(found + there, 1),
        ap50=average_precision(rows),
        matched_iou=float(np.mean(ious)) if ious else None,
        split=sum(row.split for row in rows) / max(there, 1),
        merged=sum(row.merged for row in rows) / max(there, 1),
    )


def object_summaries(rows: Iterable[ObjectFigures]) -> tuple[ObjectSummary, ...]:
    """A summary of each data set, in order of their names, and, if there are two, of all."""
    by_dataset: dict[str, list[ObjectFigures]] = defaultdict(list)
    rows = list(rows)
    for row in rows:
        by_dataset[row.dataset].append(row)
    groups = sorted(by_dataset.items())
    if len(groups) > 1:
        groups.append(("together", rows))
    return tuple(summarise_objects(name, group) for name, group in groups)


def average_precision(rows: Sequence[ObjectFigures]) -> float:
    """Area under precision over recall, 0..1, the precision made to fall as recall grows.

    The surest objects are taken first, by their scores. Where some photograph has none, by their
    ids, of which the first is the surest: the first of every photograph, then the second ones.
    """
    there = sum(row.true_objects for row in rows)
    are_scored = all(row.scores is not None for row in rows)
    level = np.array([-s for row in rows for s in _order(row, are_scored)])
    is_match = np.array([hit for row in rows for hit in row.is_match], np.float64)
    levels, place = np.unique(level, return_inverse=True)
    taken = np.cumsum(np.bincount(place, minlength=len(levels)))
    hits = np.cumsum(np.bincount(place, weights=is_match, minlength=len(levels)))
    falling = np.maximum.accumulate((hits / np.maximum(taken, 1))[::-1])[::-1]
    return float((falling * np.diff(hits, prepend=0.0)).sum() / max(there, 1))


def _order(row: ObjectFigures, are_scored: bool) -> Sequence[float]:
    """A number for each predicted object, the higher the sooner it is taken."""
    if are_scored and row.scores is not None:
        return row.scores
    return [-float(rank) for rank in range(len(row.is_match))]
