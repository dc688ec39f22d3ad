"""The kinds of an image's results drawn from the one that a person mended: without a model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.config import RunConfig
from automask.errors import ImageError
from automask.evaluate.conventions import Convention
from automask.evaluate.results import read_ids, read_mask
from automask.image.load import Photograph
from automask.image.objects import MAX_OBJECTS, Labels
from automask.image.process import Outcome, process_with
from automask.image.results import look, mark_of, source_of
from automask.image.trimap import make_trimap
from automask.image.write import output_path
from automask.records import NO_OBJECT, OK, Job, Mask, MaskResult, Status


def redraw(job: Job, config: RunConfig, labels: dict[str, Any]) -> Outcome:
    """Draws the kinds asked for from the mended one. labels: as for any image's record.

    The record has no confidence and no score: they are of the machine's mask.
    """

    def mended(photograph: Photograph) -> tuple[MaskResult, tuple[str, ...]]:
        return _result(job, config, photograph.pixels.shape[:2]), photograph.notes

    assert job.left is not None
    by_hand = look(config.output, job.stem, job.left).mended
    outcome = process_with(mended, job, config, labels)
    if not outcome.record.is_done:
        return outcome
    kinds = outcome.record.kinds
    files = (config.output / output_path(job.stem, kind) for kind in kinds)
    written = tuple(str(mark_of(file)) for file in files)
    record = replace(outcome.record, score=None, confidence=None, written=written, mended=by_hand)
    return replace(outcome, record=record)


def _result(job: Job, config: RunConfig, shape: tuple[int, int]) -> MaskResult:
    """What the mended file says of a photograph of H x W = `shape`. Raises ImageError."""
    assert job.left is not None
    kind = source_of(look(config.output, job.stem, job.left).mended)
    if kind is None:
        raise ImageError("its mended mask has gone since the run began; run again")
    file = config.output / output_path(job.stem, kind)
    most, trimaps = config.load.max_pixels, Convention(*config.trimap.values)
    ids = read_ids(file, most) if kind == "objects" else None
    mask = read_mask(file, kind, trimaps, most) if ids is None else ids > 0
    if mask.shape != shape:
        raise ImageError(
            f"its {kind}, mended by hand, is {mask.shape[1]} x {mask.shape[0]} px, the photograph "
            f"{shape[1]} x {shape[0]}: mend it again, delete it, or say --overwrite"
        )
    trimap = make_trimap(mask, config.trimap.contour_px, config.trimap.values)
    labels = None
    if not config.has_primary_object:
        labels = _labels(mask, ids if ids is not None else _earlier_ids(job, config, shape))
    status: Status = OK if mask.any() else NO_OBJECT
    return MaskResult(mask, trimap, status, 0.0, 0.0, (), {}, labels)


def _earlier_ids(job: Job, config: RunConfig, shape: tuple[int, int]) -> NDArray[np.int64]:
    """The ids of the objects before a person mended the mask; all 0 where there are none."""
    try:
        ids = read_ids(config.output / output_path(job.stem, "objects"), config.load.max_pixels)
    except ImageError:
        return np.zeros(shape, np.int64)
    return ids if ids.shape == shape else np.zeros(shape, np.int64)


def _labels(mask: Mask, ids: NDArray[np.int64]) -> Labels:
    """An id for each pixel of the mask (H x W): its own, else that of the nearest; ids without gap.

    ids: H x W, 0 where nothing is known. Without any the mask's connected parts are the objects.
    """
    known = (ids > 0) & mask
    if not known.any():
        parts = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[1]
        return np.minimum(parts, MAX_OBJECTS).astype(np.uint16)
    _, nearest = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    id_of = np.zeros(int(nearest.max()) + 1, np.int64)
    id_of[nearest[known]] = ids[known]
    spread = np.where(mask, id_of[nearest], 0)
    labels = np.zeros(mask.shape, np.uint16)
    labels[mask] = 1 + np.searchsorted(np.unique(spread[mask]), spread[mask])
    return labels
