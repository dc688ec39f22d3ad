"""Batches: drawn ahead, the same for a seed and a number, as tensors of the decoder's size."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from miniature import SMALL, disc_pair, rectangle

from automask.sam.tiny import build_tiny
from automask.tiny_training.augment import PIXEL_MEAN, View
from automask.tiny_training.batch import Batch, batches, draw_batch, quarter, to_tensors

PAIRS = [disc_pair(i) for i in range(5)]


def images_of(batch: Batch) -> np.ndarray:
    return np.stack([view.image for view in batch.views])


@pytest.mark.parametrize("threads", [1, 3])
def test_there_is_a_batch_for_each_size_in_turn(threads: int) -> None:
    sizes = [(0, 32), (1, 64), (2, 32), (3, 96)]
    drawn = list(batches(PAIRS, iter(sizes), 2, 0, threads))
    shapes = [images_of(batch).shape for batch in drawn]
    assert shapes == [(2, 32, 32, 3), (2, 64, 64, 3), (2, 32, 32, 3), (2, 96, 96, 3)]


def test_no_sizes_no_batches() -> None:
    assert list(batches(PAIRS, iter([]), 2, 0)) == []


def test_a_run_that_goes_on_draws_what_it_would_have_drawn() -> None:
    through = list(batches(PAIRS, iter([(0, 64), (1, 64), (2, 64)]), 2, 7))
    resumed = list(batches(PAIRS, iter([(1, 64), (2, 64)]), 2, 7, threads=2))
    for expected, batch in zip(through[1:], resumed, strict=True):
        assert np.array_equal(images_of(batch), images_of(expected))
        assert np.array_equal(batch.prompts.points, expected.prompts.points)


def test_another_seed_or_number_draws_another_batch() -> None:
    numbers_of_seeds = [(0, 0), (0, 1), (1, 0)]
    drawn = {
        images_of(next(batches(PAIRS, iter([(number, 64)]), 2, seed))).tobytes()
        for seed, number in numbers_of_seeds
    }
    assert len(drawn) == 3


def test_a_batch_has_no_pair_twice_and_all_where_there_are_fewer(rng: np.random.Generator) -> None:
    assert len(draw_batch(PAIRS, 32, 8, rng).views) == 5


def test_a_quarter_is_the_mean_of_four_by_four_pixels() -> None:
    mask = np.zeros((8, 8), np.uint8)
    mask[0:4, 0:4] = 255  # all of the first quarter
    mask[0:4, 6:8] = 255  # half of the second
    mask[4, 0] = 255  # one pixel of the third
    small = quarter([mask])
    assert small.shape == (1, 1, 2, 2)
    expected = torch.tensor([[1, 1 / 2], [1 / 16, 0]])
    assert torch.allclose(small[0, 0], expected, atol=1 / 255)


def test_images_are_normalised_and_lie_channels_last() -> None:
    image = np.full((64, 64, 3), PIXEL_MEAN, np.uint8)
    image[0, 1] = (255, 116, 104)
    view = View(image, rectangle(0, 0, 64, 32), (64, 64))
    images, targets = to_tensors(build_tiny(SMALL), [view, view])
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert images.shape == (2, 3, 64, 64)
    assert images[0, 0, 0, 1].item() == pytest.approx((255 - 123.675) / 58.395, abs=1e-4)
    images[:, 0, 0, 1] = 0
    assert images.abs().max() < 0.01  # the rounded pixel mean
    assert torch.equal(targets[1, 0], torch.tensor([1.0] * 8 + [0.0] * 8).expand(16, 16))
