"""Batches of views, drawn in a background thread while the network works on the one before."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from automask.refiner_training.sources import Source
from automask.refiner_training.views import random_view
from automask.sam.refiner import normalised


@dataclass(frozen=True)
class Batch:
    image: Tensor  # B x 3 x S x S, normalised, channels last
    truth: Tensor  # B x 1 x S x S, 0..1
    coarse: Tensor  # B x 1 x S x S, 0..1


def batches(
    sources: list[Source], sizes: Iterator[tuple[int, int]], count: int, seed: int
) -> Iterator[Batch]:
    """A random batch for each (number, view size in px) of `sizes`.

    A batch depends on the seed and its number alone, so an interrupted run goes on as if it had
    not been interrupted.
    """
    with ThreadPoolExecutor(1) as ahead:
        waiting = None
        for number, size in sizes:
            rng = np.random.default_rng([seed, number])
            following = ahead.submit(draw_batch, sources, size, count, rng)
            if waiting is not None:
                yield waiting.result()
            waiting = following
        if waiting is not None:
            yield waiting.result()


def draw_batch(sources: list[Source], size: int, count: int, rng: np.random.Generator) -> Batch:
    """Views of `count` photographs, S = `size`."""
    picks = rng.integers(len(sources), size=count)
    views = [random_view(sources[i].read(), size, rng) for i in picks]
    images = torch.from_numpy(np.stack([v.image for v in views]))
    truth, coarse = (
        torch.from_numpy(np.stack(planes))[:, None]
        for planes in ([v.truth for v in views], [v.coarse for v in views])
    )
    return Batch(normalised(images), truth, coarse)
