"""Draws the outline of any mask on the photograph with the bundled refiner (refiner.py).

An object of up to LARGE_PX is seen whole, on a copy of at most WHOLE_PX. Of a larger one the
outline alone is drawn once more at the photograph's own size, in tiles, as PointRend spends its
work where it matters (Kirillov et al., 2020). Of a photograph of 24 megapixels there is never more
in memory than one tile's features and the mask itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch.nn import functional as F

from automask.errors import WeightsError
from automask.records import Mask, Soft
from automask.sam.checkpoints import REFINER
from automask.sam.encoder import fold_norms
from automask.sam.refiner import STRIDE, Refiner, RefinerArchitecture, normalised
from automask.sam.weights import located, metadata

Image = NDArray[np.uint8]

WHOLE_PX = 512  # longest side at which an object is seen whole
REACH = 0.06  # of the longest side, that the outline may move by: five cells of tiny's mask
LARGE_PX = 1024  # longest side from which the outline is drawn again in tiles
CORE_PX = 384  # side of what a tile decides
MARGIN_PX = 64  # what it sees on each side beyond that
UNSURE = (0.02, 0.98)  # outside of these nothing is drawn again


class Outline:
    """The refiner, made fast, on a device. dtype: of the arithmetic."""

    def __init__(self, net: Refiner, device: torch.device, dtype: torch.dtype) -> None:
        fold_norms(net)
        self.net = net.to(device, dtype, memory_format=torch.channels_last)
        self.device, self.dtype = device, dtype

    def __call__(self, image_rgb: Image, mask: Mask | Soft) -> Soft:
        """A mask with its outline drawn, H x W, 0..1.

        image_rgb: H x W x 3 uint8, the photograph around the object; mask: of the same view, of
        any size h x w, hard or soft (0..1).
        """
        height, width = image_rgb.shape[:2]
        scale = min(1.0, WHOLE_PX / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = np.asarray(cv2.resize(image_rgb, size, interpolation=cv2.INTER_AREA))
        given = _resized(mask.astype(np.float32), size)
        soft = np.where(_near_outline(given), self.drawn(small, given), given)
        if scale == 1:
            return soft
        enlarged = _resized(soft, (width, height))
        return self._in_tiles(image_rgb, enlarged) if max(height, width) > LARGE_PX else enlarged

    def _in_tiles(self, image_rgb: Image, soft: Soft) -> Soft:
        """`soft` with its outline drawn at the photograph's own size; both H x W."""
        result = soft.copy()
        for core, view in tiles(soft):
            drawn = self.drawn(image_rgb[view], soft[view])
            top, left = (c.start - v.start for c, v in zip(core, view, strict=True))
            height, width = (c.stop - c.start for c in core)
            result[core] = drawn[top : top + height, left : left + width]
        return result

    def drawn(self, image_rgb: Image, soft: Soft) -> Soft:
        """One pass of the network, h x w, 0..1, at the size that both have."""
        height, width = soft.shape
        around = (0, -width % STRIDE, 0, -height % STRIDE)
        planes = (normalised(torch.tensor(image_rgb)[None]), torch.as_tensor(soft)[None, None])
        with torch.inference_mode():
            image, mask = (
                F.pad(plane.to(self.device), around, mode="replicate").to(
                    self.dtype, memory_format=torch.channels_last
                )
                for plane in planes
            )
            logits = self.net(image, mask)[0, 0, :height, :width]
        return np.asarray(logits.float().sigmoid().cpu().numpy())


class Drawing:
    """What every proposer that works with torch has: the refiner, where the run wants it; without
    it a mask is drawn as it is.
    """

    outline: Outline | None = None

    def draw(self, image_rgb: Image, mask: Mask | Soft) -> Soft:
        """A mask with its outline drawn, H x W: see `Outline`.

        image_rgb: H x W x 3 uint8, the photograph around the object; mask: h x w of the same view.
        """
        if self.outline is None:
            return _resized(mask.astype(np.float32), image_rgb.shape[1::-1])
        return self.outline(image_rgb, mask)


def _near_outline(soft: Soft) -> Mask:
    """Where the outline may move to, h x w bool: what lies deep in the object is no new hole."""
    inside = (soft >= 0.5).astype(np.uint8)
    to_outline = [cv2.distanceTransform(side, cv2.DIST_L2, 3) for side in (inside, 1 - inside)]
    return np.asarray(np.maximum(*to_outline) <= REACH * max(soft.shape))


def tiles(soft: Soft) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Rows and columns of each tile along the outline: what it decides, and what it sees."""
    least, most = UNSURE
    for rows, seen_rows in _spans(soft.shape[0]):
        for columns, seen_columns in _spans(soft.shape[1]):
            part = soft[rows, columns]
            if part.max() > least and part.min() < most:
                yield (rows, columns), (seen_rows, seen_columns)


def _spans(length: int) -> Iterator[tuple[slice, slice]]:
    for start in range(0, length, CORE_PX):
        stop = min(length, start + CORE_PX)
        yield slice(start, stop), slice(max(0, start - MARGIN_PX), min(length, stop + MARGIN_PX))


def _resized(soft: Soft, size: tuple[int, ...]) -> Soft:
    """size: width and height. Cells are averaged on the way down."""
    is_smaller = size[0] < soft.shape[1]
    interpolation = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(soft, size, interpolation=interpolation))


def load_outline(device: torch.device, dtype: torch.dtype, folder: Path | None = None) -> Outline:
    """The bundled refiner on a device: see `load_refiner`."""
    return Outline(load_refiner(folder), device, dtype)


def load_refiner(folder: Path | None = None) -> Refiner:
    """The bundled refiner, its file's hash verified, float32 on the CPU, in eval mode.

    folder: where to look first. Raises WeightsError where it is missing, damaged or of another
    architecture.
    """
    file = located(REFINER, folder).file
    sizes: dict[str, Any] = json.loads(metadata(file).get("architecture", "{}"))
    try:
        net = Refiner(RefinerArchitecture(**sizes))
        state = {**net.state_dict(), **{k: v.float() for k, v in load_file(file).items()}}
        net.load_state_dict(state)
    except (TypeError, RuntimeError) as error:
        raise WeightsError(f"{file} holds no refiner that is known here: {error}") from error
    return net.eval().requires_grad_(False)
