"""Batches: drawn in a background thread while the model works on the one before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from segment_anything.modeling import Sam
from torch import Tensor

from automask.tiny_training.augment import Image, View, random_view
from automask.tiny_training.data import Pair
from automask.tiny_training.prompts import Prompts, sample_prompts


@dataclass(frozen=True)
class Batch:
    """Views with their prompts."""

    views: list[View]
    prompts: Prompts


def batches(
    pairs: list[Pair],
    sizes: Iterator[tuple[int, int]],
    batch_size: int,
    seed: int,
    threads: int = 1,
) -> Iterator[Batch]:
    """A random batch for each (number, frame size in px) of `sizes`, `threads` drawn ahead.

    A batch depends on the seed and its number alone, so an interrupted run goes on as if it had
    not been interrupted.
    """
    with ThreadPoolExecutor(threads) as ahead:
        waiting: deque[Future[Batch]] = deque()
        for number, size in sizes:
            rng = np.random.default_rng([seed, number])
            waiting.append(ahead.submit(draw_batch, pairs, size, batch_size, rng))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        for last in waiting:
            yield last.result()


def draw_batch(
    pairs: list[Pair],
    size: int,
    count: int,
    rng: np.random.Generator,
    draw_view: Callable[..., View] = random_view,
) -> Batch:
    """Views of `count` different pairs (of all, where there are fewer), and prompts.

    draw_view: gives a View for (pairs, index, size, rng), see augment.py.
    """
    picks = rng.choice(len(pairs), min(count, len(pairs)), replace=False)
    views = [draw_view(pairs, i, size, rng) for i in picks]
    return Batch(views, sample_prompts(views, rng))


def to_tensors(sam: Sam, views: list[View]) -> tuple[Tensor, Tensor]:
    """On the model's device: normalised images B x 3 x S x S (channels last) and targets B x 1 x
    S/4 x S/4, 0..1."""
    stacked = torch.from_numpy(np.stack([v.image for v in views])).permute(0, 3, 1, 2)
    images = (stacked.to(sam.device).float() - sam.pixel_mean) / sam.pixel_std
    target = quarter([v.mask for v in views]).to(sam.device)
    return images.contiguous(memory_format=torch.channels_last), target


def quarter(masks: Sequence[Image]) -> Tensor:
    """N masks S x S, 0..255, as the decoder's targets: N x 1 x S/4 x S/4 float, 0..1."""
    size = masks[0].shape[0] // 4
    small = [cv2.resize(mask, (size, size), interpolation=cv2.INTER_AREA) for mask in masks]
    return torch.from_numpy(np.stack(small))[:, None].float() / 255
