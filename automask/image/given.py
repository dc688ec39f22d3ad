"""The result where a photograph's file itself says what is its object, or what is none."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.config import RunConfig
from automask.image.objects import most
from automask.image.own_alpha import OPAQUE
from automask.image.trimap import make_trimap
from automask.records import NO_OBJECT, OK, Mask, MaskResult, Status


def masked_by_alpha(alpha: NDArray[np.uint8], config: RunConfig) -> MaskResult:
    """The result for a photograph whose own alpha (H x W, 0..255) shows the object.

    Somebody, or a program, cut it out before: nothing surer can be found. Of several objects each
    piece is one.
    """
    mask = alpha >= OPAQUE
    labels = None if config.has_primary_object else _pieces(mask, config)
    if labels is not None:
        mask = labels > 0
    trimap = make_trimap(mask, config.trimap.contour_px, config.trimap.values)
    status: Status = OK if mask.any() else NO_OBJECT
    sure = float(status == OK)
    shown = np.where(mask | (alpha < OPAQUE), alpha, 0)  # without pieces that are no object
    return MaskResult(mask, trimap, status, sure, sure, (), {}, labels, shown)


def _pieces(mask: Mask, config: RunConfig) -> NDArray[np.uint16]:
    """Ids of the pieces that are large enough, from the largest on."""
    _, ids, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = np.argsort(-areas, kind="stable")[: most(config.objects)]
    kept = kept[areas[kept] >= config.objects.min_area * mask.size]
    new_ids = np.zeros(len(areas) + 1, np.uint16)
    new_ids[kept + 1] = np.arange(1, len(kept) + 1)
    return new_ids[ids]


def without_void(result: MaskResult, void: Mask, config: RunConfig) -> MaskResult:
    """The same result, nothing of it where there is no picture (`void`, H x W)."""
    if not (result.mask & void).any():
        return result
    mask = result.mask & ~void
    labels = None if result.labels is None else np.where(void, np.uint16(0), result.labels)
    trimap = make_trimap(mask, config.trimap.contour_px, config.trimap.values)
    status = result.status if mask.any() else NO_OBJECT
    return replace(result, mask=mask, trimap=trimap, status=status, labels=labels)
