"""closeup: the box around an object, cut out of the photograph as large as suits working on it.

What happens at pixel level, the second look and the edges, happens here and not on the whole
photograph: a small object gets all of the model's input, and a large photograph costs no more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automask.image.sizes import at_size, resized, shrink
from automask.records import Mask, Proposal, Soft

Box = tuple[int, int, int, int]

# Around the object, as a share of its sides. With 0.25 tiny's second look was as good a mask with a
# worse outline; no margin would cut off what the first look missed.
MARGIN = 0.1
MIN_MARGIN_PX = 8  # of the photograph
MAX_SIDE_PX = 1024  # of the closeup: SAM's own input
MAX_FRAME_PX = 2048  # of the whole mask that a closeup is cut from: a speck of a large photograph


@dataclass(frozen=True)
class Closeup:
    """A part of a photograph with an object in it."""

    box_xyxy: Box  # px of the photograph
    pixels: NDArray[np.uint8]  # h x w x 3 RGB, the box at its own size or smaller
    mask: Mask  # h x w
    soft: Soft | None = None  # h x w: how sure the model is of each pixel, where it told


def box_around(mask: Mask, shape: tuple[int, ...], margin: float) -> Box:
    """xyxy in px of a photograph of H x W = `shape` around a mask of any size, with `margin` of
    the object's own sides around it. The mask must not be empty.
    """
    columns, rows = (np.asarray(mask.any(axis=axis)) for axis in (0, 1))
    left, right = _extent(columns, shape[1], margin)
    top, bottom = _extent(rows, shape[0], margin)
    return left, top, right, bottom


def close_up(image: NDArray[np.uint8], proposal: Proposal) -> Closeup:
    """The photograph (H x W x 3 uint8 RGB) around a proposal, which must not be empty."""
    box = left, top, right, bottom = box_around(proposal.mask, image.shape, MARGIN)
    pixels = shrink(image[top:bottom, left:right], MAX_SIDE_PX)
    scale = pixels.shape[0] / (bottom - top)
    height, width = (min(MAX_FRAME_PX, max(1, round(n * scale))) for n in image.shape[:2])
    whole = at_size(proposal, (height, width))
    rows, columns = _placed(box, image.shape, whole.shape)
    return Closeup(box, pixels, resized(whole[rows, columns], pixels.shape))


def pasted(closeup: Closeup, of: tuple[int, ...], size: tuple[int, ...]) -> Mask:
    """The closeup's mask in the whole photograph (H x W = `of`), at the size h x w = `size`."""
    whole = np.zeros(size[:2], np.bool_)
    rows, columns = _placed(closeup.box_xyxy, of, size)
    whole[rows, columns] = resized(closeup.mask, whole[rows, columns].shape)
    return whole


def _placed(box_xyxy: Box, of: tuple[int, ...], size: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a box, px of H x W = `of`, at another size; at least one of each."""
    left, top, right, bottom = box_xyxy
    spans = []
    for first, last, whole, now in ((top, bottom, of[0], size[0]), (left, right, of[1], size[1])):
        start = min(round(first * now / whole), now - 1)
        spans.append(slice(start, max(start + 1, round(last * now / whole))))
    return spans[0], spans[1]


def _extent(filled: NDArray[np.bool_], length: int, margin: float) -> tuple[int, int]:
    """First and last px of `length` of what is filled, with the margin around."""
    where = np.flatnonzero(filled)
    scale = length / len(filled)
    first, last = where[0] * scale, (where[-1] + 1) * scale
    around = max(MIN_MARGIN_PX, margin * (last - first))
    return max(0, int(first - around)), min(length, int(np.ceil(last + around)))
