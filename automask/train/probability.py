"""How likely each pixel of a photograph is the object, by a network: whole, or by tiles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from automask.sam.device import autocast
from automask.train.batches import normalised, squared
from automask.train.settings import STRIDE, ViewConfig, Way

Probability = NDArray[np.float32]  # h x w, 0..1

PLAIN = Way()


def probability_map(
    net: nn.Module, image_rgb: NDArray[np.uint8], view: ViewConfig, way: Way = PLAIN
) -> Probability:
    """h x w of a photograph h x w x 3 uint8 RGB, which has been shrunk to the view's size."""
    if not view.tile:
        return _asked(net, image_rgb, way)
    height, width = image_rgb.shape[:2]
    total, weight = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    bump = _bump(view.tile)
    for y, x in _corners(height, width, view.tile, way.overlap):
        part = np.s_[y : y + view.tile, x : x + view.tile]
        seen = _asked(net, image_rgb[part], way)
        near = bump[: seen.shape[0], : seen.shape[1]]
        total[part] += seen * near
        weight[part] += near
    return total / weight


def of_object(logits: Tensor) -> Tensor:
    """B x H x W, 0..1, of logits B x C x H x W: with three classes 0.5 where foreground and the
    likelier of the others are as likely.
    """
    likely = logits.float().sigmoid()
    if likely.shape[1] == 1:
        return likely[:, 0]
    others = likely[:, 1:].amax(dim=1)
    return likely[:, 0] / (likely[:, 0] + others).clamp_min(1e-6)


def expected_iou(probability: Probability) -> float:
    """The IoU that the network itself expects of its mask, 0..1: of expected counts of pixels."""
    mask = probability >= 0.5
    inside, outside = float(probability[mask].sum()), float(probability[~mask].sum())
    union = float(np.count_nonzero(mask)) + outside
    return inside / union if union else 0.0


def _asked(net: nn.Module, image_rgb: NDArray[np.uint8], way: Way) -> Probability:
    height, width = image_rgb.shape[:2]
    device = next(net.parameters()).device
    image = padded(image_rgb).to(device)
    with torch.inference_mode(), autocast(device):
        likely = of_object(net(normalised(image)))
        if way.flips:
            likely = (likely + of_object(net(normalised(image.flip(3)))).flip(2)) / 2
    return np.asarray(likely[0, :height, :width].float().cpu().numpy(), np.float32)


def padded(image_rgb: NDArray[np.uint8]) -> Tensor:
    """1 x 3 x H x W uint8 with sides that are multiples of the encoder's stride."""
    height, width = image_rgb.shape[:2]
    if height % STRIDE == width % STRIDE == 0:
        return torch.tensor(image_rgb).permute(2, 0, 1)[None]
    tall, wide = (-(-length // STRIDE) * STRIDE for length in (height, width))
    side = max(tall, wide)
    return squared(image_rgb, 0, side)[None, :, :tall, :wide]


def _corners(height: int, width: int, tile: int, overlap: float) -> Iterator[tuple[int, int]]:
    for y in _starts(height, tile, overlap):
        for x in _starts(width, tile, overlap):
            yield y, x


def _starts(length: int, tile: int, overlap: float) -> list[int]:
    """Where tiles begin along a side, evenly, the last at the end of it."""
    if length <= tile:
        return [0]
    step = tile * (1 - overlap)
    count = int(np.ceil((length - tile) / step)) + 1
    return np.linspace(0, length - tile, count).round().astype(int).tolist()


def _bump(tile: int) -> Probability:
    """How much a tile's pixels count, tile x tile: its border sees half of what is around it."""
    ramp = np.minimum(np.arange(tile) + 1, np.arange(tile)[::-1] + 1).astype(np.float32)
    return np.minimum.outer(ramp, ramp)
