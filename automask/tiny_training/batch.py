"""Batches: drawn in a background thread while the model works on the one before."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from segment_anything.modeling import Sam
from torch import Tensor
from torch.nn import functional as F

from automask.tiny_training.augment import View, random_view
from automask.tiny_training.data import Pair
from automask.tiny_training.prompts import Prompts, sample_prompts


@dataclass(frozen=True)
class Batch:
    views: list[View]
    prompts: Prompts


def batches(
    pairs: list[Pair], sizes: Iterator[int], batch_size: int, seed: list[int]
) -> Iterator[Batch]:
    """One random batch for each frame size (px) of `sizes`, the next one drawn ahead."""
    rng = np.random.default_rng(seed)
    with ThreadPoolExecutor(1) as ahead:
        waiting = None
        for size in sizes:
            coming = ahead.submit(_draw_batch, pairs, size, batch_size, rng)
            if waiting is not None:
                yield waiting.result()
            waiting = coming
        if waiting is not None:
            yield waiting.result()


def _draw_batch(pairs: list[Pair], size: int, count: int, rng: np.random.Generator) -> Batch:
    picks = rng.choice(len(pairs), count, replace=False)
    views = [random_view(pairs[i], size, rng) for i in picks]
    return Batch(views, sample_prompts(views, rng))


def to_tensors(sam: Sam, views: list[View]) -> tuple[Tensor, Tensor]:
    """Normalised images B x 3 x S x S (channels last) and targets B x 1 x S/4 x S/4, 0..1."""
    stacked = torch.from_numpy(np.stack([v.image for v in views])).permute(0, 3, 1, 2).float()
    images = (stacked - sam.pixel_mean) / sam.pixel_std
    masks = torch.from_numpy(np.stack([v.mask for v in views]))[:, None].float() / 255
    return images.contiguous(memory_format=torch.channels_last), F.avg_pool2d(masks, 4)
