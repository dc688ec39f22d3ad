"""The figures of one image, and of many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from automask.errors import ImageError
from automask.evaluate.conventions import Labels
from automask.image.metrics import Confusion, boundary_f, confusion, score_counts
from automask.labelled.folder import dataset_of

HIGH_IOU, LOW_IOU = 0.9, 0.5
MEASURED = "measured"
MISSING = "missing"  # no prediction: counted as an empty mask
FAILED = "failed"


@dataclass(frozen=True)
class ImageFigures:
    """The agreement of one prediction with its truth; all figures 0..1."""

    image: str  # the true mask's relative path
    dataset: str  # see dataset_of
    status: str  # measured or missing
    iou: float
    dice: float
    precision: float
    recall: float
    mae: float  # mean absolute error; of a mask the share of wrong pixels
    boundary: float  # F-score of the outlines, see metrics.py
    auroc: float | None  # None: no scores, or a truth of one class


@dataclass(frozen=True)
class Summary:
    """The figures of several images: means in which each image counts the same."""

    name: str
    images: int
    missing: int  # of these images
    iou: float
    median_iou: float
    share_high: float  # of images with an IoU above HIGH_IOU
    share_low: float  # of images with an IoU below LOW_IOU
    dice: float
    precision: float
    recall: float
    mae: float
    boundary: float
    auroc: float | None  # over the images that have one


def measure(image: str, predicted: Labels, truth: Labels, status: str = MEASURED) -> ImageFigures:
    """The figures of one image. Pixels that either ignores count in none of them.

    Raises ImageError where the sizes differ, or no pixel counts.
    """
    check_sizes(predicted, truth)
    ours, theirs, scores = predicted.mask, truth.mask, predicted.scores
    counted = _counted(predicted, truth)
    boundary = boundary_f(ours & counted, theirs & counted)
    if not counted.all():
        ours, theirs = ours[counted], theirs[counted]
        scores = None if scores is None else scores[counted]
    if not theirs.size:
        raise ImageError("every pixel is contour, and ignored")
    counts = confusion(ours, theirs)
    by_score = None if scores is None else score_counts(scores, theirs)
    return ImageFigures(
        image=image,
        dataset=dataset_of(PurePosixPath(image).stem),
        status=status,
        iou=counts.iou,
        dice=counts.dice,
        precision=counts.precision,
        recall=counts.recall,
        mae=by_score.mean_absolute_error if by_score else _share_wrong(counts),
        boundary=boundary,
        auroc=by_score.auroc if by_score else None,
    )


def check_sizes(predicted: Labels, truth: Labels) -> None:
    """Raise ImageError if prediction, its scores and truth differ in size."""
    scores = predicted.mask if predicted.scores is None else predicted.scores
    for name, shape in (("prediction", predicted.mask.shape), ("scores", scores.shape)):
        if shape != truth.mask.shape:
            raise ImageError(
                f"the {name} is {_size(shape)}, the true mask {_size(truth.mask.shape)} (width x "
                "height): they must agree"
            )


def summarise(name: str, rows: Sequence[ImageFigures]) -> Summary:
    """The summary of at least one image."""
    ious = np.array([row.iou for row in rows])
    areas = [row.auroc for row in rows if row.auroc is not None]

    def mean(figure: str) -> float:
        return float(np.mean([getattr(row, figure) for row in rows]))

    return Summary(
        name=name,
        images=len(rows),
        missing=sum(row.status == MISSING for row in rows),
        iou=mean("iou"),
        median_iou=float(np.median(ious)),
        share_high=float((ious > HIGH_IOU).mean()),
        share_low=float((ious < LOW_IOU).mean()),
        dice=mean("dice"),
        precision=mean("precision"),
        recall=mean("recall"),
        mae=mean("mae"),
        boundary=mean("boundary"),
        auroc=float(np.mean(areas)) if areas else None,
    )


INTERVAL_DRAWS = 1000
INTERVAL_SEED = 0  # the same interval for the same figures


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of a mean, by drawing the images anew (percentile bootstrap).

    Args:
        values: A figure of each image, at least one.
    """
    found = np.asarray(values)
    draws = np.random.default_rng(INTERVAL_SEED).integers(
        0, len(found), (INTERVAL_DRAWS, len(found))
    )
    low, high = np.percentile(found[draws].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def summaries(rows: Iterable[ImageFigures]) -> tuple[Summary, ...]:
    """A summary of each data set, sorted by name, and of all if there are several."""
    rows = list(rows)
    by_dataset: dict[str, list[ImageFigures]] = defaultdict(list)
    for row in rows:
        by_dataset[row.dataset].append(row)
    groups = sorted(by_dataset.items())
    if len(groups) > 1:
        groups.append(("together", rows))
    return tuple(summarise(name, group) for name, group in groups)


def _counted(predicted: Labels, truth: Labels) -> np.ndarray:
    """The pixels that count, H x W bool."""
    counted = np.ones(truth.mask.shape, np.bool_)
    for labels in (predicted, truth):
        if labels.ignored is not None:
            counted &= ~labels.ignored
    return counted


def _share_wrong(counts: Confusion) -> float:
    wrong = counts.predicted_only + counts.true_only
    return wrong / (wrong + counts.both + counts.neither)


def _size(shape: Sequence[int]) -> str:
    return f"{shape[1]} x {shape[0]}"
