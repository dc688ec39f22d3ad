"""refine: draw the outline to the edges, fill small holes, drop small islands.

Done here, in one place, for every model and device: SAM's generator does it only on request, and
SAM 2's defines `postprocess_small_regions` and never calls it, while its CUDA path cleans the
low-resolution masks, so that masks from a CPU and a GPU would differ silently.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.config import RefineConfig
from automask.image.closeup import MAX_SIDE_PX, Closeup
from automask.image.guided import fast_guided_filter, guided_filter
from automask.records import Mask, Proposer, Soft


def fill_holes(mask: NDArray[np.bool_], below_px: float) -> NDArray[np.bool_]:
    """The mask (H x W), every enclosed background region of fewer than `below_px` pixels filled.

    Background is 4-connected, as the complement of 8-connected foreground; a region that touches
    the border is outside, not a hole.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (~mask).astype(np.uint8), connectivity=4
    )
    small = stats[:, cv2.CC_STAT_AREA] < below_px
    small[0] = False  # label 0 is the mask itself
    small[_labels_on_border(labels)] = False
    return mask | small[labels] if count > 1 else mask


def drop_islands(mask: NDArray[np.bool_], below_px: float) -> NDArray[np.bool_]:
    """The mask (H x W) without its 8-connected regions of fewer than `below_px` pixels.

    The largest region always stays, however small it is.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    if count <= 2:  # the background and at most one region
        return mask
    keep = stats[:, cv2.CC_STAT_AREA] >= below_px
    keep[0] = False
    keep[1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())] = True
    return keep[labels]


def sharpened(closeup: Closeup, cell_px: float, config: RefineConfig) -> Soft:
    """The closeup's mask with its outline drawn to the photograph's edges, h x w, about 0..1.

    By a guided filter (see guided.py) of the mask itself, which measured better than that of the
    model's logits: their slope says how sure the model is, not where the edge lies. cell_px: size
    in the closeup of one cell of the model's mask.
    """
    soft = closeup.mask.astype(np.float32)
    radius = round(config.edge_radius * cell_px)
    return guided_filter(closeup.pixels, soft, radius, config.edge_epsilon) if radius >= 1 else soft


def _filtered(soft: Soft, within: NDArray[np.uint8], cell_px: float, config: RefineConfig) -> Soft:
    """What the refiner drew, its outline filtered as any other: both together measured better."""
    radius = round(config.edge_radius * cell_px)
    if radius < 1:
        return soft
    cut = (soft >= 0.5).astype(np.float32)
    return fast_guided_filter(within, cut, radius, config.edge_epsilon, MAX_SIDE_PX**2)


def smoothed(soft: Soft, mask_side: int, config: RefineConfig) -> Soft:
    """A mask around an object (h x w, about 0..1), blurred by so many cells of the model's mask."""
    if config.smooth == 0:
        return soft
    deviation_px = config.smooth * max(soft.shape) / mask_side
    return np.asarray(cv2.GaussianBlur(soft, (0, 0), deviation_px))


def refine(
    closeup: Closeup | None,
    image: NDArray[np.uint8],
    proposer: Proposer,
    config: RefineConfig,
    owner: AbstractContextManager[Any] | None = None,
) -> Mask:
    """The final mask of a photograph (H x W x 3 uint8 RGB); closeup None: nothing anywhere.

    Holes and islands are measured against the whole photograph's area. owner: held while the
    refiner works.
    """
    whole = np.zeros(image.shape[:2], np.bool_)
    if closeup is None:
        return whole
    left, top, right, bottom = closeup.box_xyxy
    drawn = _drawn(closeup, image[top:bottom, left:right], proposer, config, owner)
    soft = smoothed(drawn, proposer.mask_side, config)
    mask = np.asarray(cv2.resize(soft, (right - left, bottom - top)) >= 0.5)
    whole[top:bottom, left:right] = cleaned(mask, whole.size, config)
    return whole


def _drawn(
    closeup: Closeup,
    within: NDArray[np.uint8],
    proposer: Proposer,
    config: RefineConfig,
    owner: AbstractContextManager[Any] | None,
) -> Soft:
    """The mask of a closeup by what is to draw outlines; within: the photograph in its box."""
    if config.is_refined:
        given = closeup.mask if closeup.soft is None else closeup.soft
        with owner or nullcontext():
            soft = proposer.draw(within, given)
        return _filtered(soft, within, max(soft.shape) / proposer.mask_side, config)
    if config.outline == "guided":
        return sharpened(closeup, max(closeup.mask.shape) / proposer.mask_side, config)
    return closeup.mask.astype(np.float32)


def cleaned(mask: Mask, image_px: int, config: RefineConfig) -> Mask:
    """The mask (h x w, of a photograph with so many pixels), holes filled, islands dropped."""
    filled = fill_holes(mask, config.hole_fraction * image_px)
    return drop_islands(filled, config.island_fraction * image_px)


def _labels_on_border(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    edges = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    return np.unique(np.concatenate(edges))
