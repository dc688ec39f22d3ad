"""Studio shots: the object as it was, all around it a backdrop."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from automask.labelled.studio import on_backdrop, product_shot, soft_alpha

GREEN, OBJECT = (0, 255, 0), (200, 60, 120)
SEEDS = range(30)


def square(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    """A mask in a photograph of 48 x 64."""
    mask = np.zeros((48, 64), np.uint8)
    mask[top:bottom, left:right] = 255
    return mask


MIDDLE = square(12, 20, 36, 44)
INNER = square(14, 22, 34, 42) > 0  # further inside than the soft edge reaches
BEYOND = square(9, 17, 39, 47) == 0  # further outside


def photograph(mask: np.ndarray, ground: tuple[int, int, int] = GREEN) -> np.ndarray:
    return np.where(mask[..., None] > 0, OBJECT, ground).astype(np.uint8)


def shot(seed: int, ground: tuple[int, int, int] = GREEN) -> np.ndarray:
    return on_backdrop(photograph(MIDDLE, ground), MIDDLE, np.random.default_rng(seed))


def extent(mask: np.ndarray) -> tuple[int, int]:
    """Height and width of what is on a mask, px."""
    _, _, width, height = cv2.boundingRect((mask > 127).astype(np.uint8))
    return height, width


def test_an_edge_is_as_soft_as_a_photographs() -> None:
    mask = np.repeat(np.array([[0, 0, 0, 0, 255, 255, 255, 255]], np.uint8), 8, axis=0)
    alpha = soft_alpha(mask)
    assert alpha.shape == (8, 8, 1)
    # A Gaussian of 0.7 px has weights 0.01, 0.2, 0.57, 0.2, 0.01.
    expected = [0, 0, 0.01, 0.215, 0.785, 0.99, 1, 1]
    assert alpha[4, :, 0].tolist() == pytest.approx(expected, abs=0.01)


# on_backdrop


def test_the_object_is_left_as_it_was() -> None:
    for seed in SEEDS:
        assert (shot(seed)[INNER] == OBJECT).all()


def test_nothing_is_left_of_the_ground() -> None:
    for seed in SEEDS:
        assert (shot(seed)[BEYOND] != GREEN).any(axis=1).all()
        assert np.array_equal(shot(seed)[BEYOND], shot(seed, ground=(90, 20, 30))[BEYOND])


def test_shape_and_dtype_stay_and_the_given_image_too() -> None:
    image = photograph(MIDDLE)
    result = on_backdrop(image, MIDDLE, np.random.default_rng(0))
    assert result.shape == (48, 64, 3)
    assert result.dtype == np.uint8
    assert np.array_equal(image, photograph(MIDDLE))


def test_a_backdrop_is_calm() -> None:
    steps = [np.abs(np.diff(shot(seed)[:8].astype(int), axis=1)).mean() for seed in SEEDS]
    assert max(steps) < 5  # of 255 from pixel to pixel: grading and noise, no texture


def test_backdrops_differ_and_many_are_nearly_white() -> None:
    brightness = [shot(seed)[:4].mean() for seed in range(100)]
    assert min(brightness) < 100
    assert np.mean([b > 210 for b in brightness]) > 0.3


def test_most_objects_cast_a_shadow() -> None:
    below = [shot(seed)[39:41, 24:40].mean() / shot(seed)[:4].mean() for seed in range(100)]
    darker = np.mean([ratio < 0.97 for ratio in below])
    lighter = np.mean([ratio > 1.03 for ratio in below])
    assert darker > lighter + 0.3


def test_the_same_seed_gives_the_same_shot() -> None:
    assert np.array_equal(shot(4), shot(4))


# product_shot


def product(mask: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    return product_shot(photograph(mask), mask, np.random.default_rng(seed))


def test_a_shot_has_the_photographs_size() -> None:
    image, mask = product(MIDDLE, 0)
    assert image.shape == (48, 64, 3)
    assert mask.shape == (48, 64)
    assert image.dtype == mask.dtype == np.uint8


@pytest.mark.parametrize(
    "mask",
    [MIDDLE, square(0, 0, 48, 20), square(40, 56, 48, 64), square(4, 4, 44, 60)],
    ids=["in the middle", "along a side", "in a corner", "large"],
)
def test_the_object_lies_whole_in_the_frame(mask: np.ndarray) -> None:
    height, width = extent(mask)
    for seed in SEEDS:
        tall, wide = extent(product(mask, seed)[1])
        assert tall / height == pytest.approx(wide / width, abs=2 / min(height, width))
        assert 0.4 * min(48 / height, 64 / width) * height - 2 <= tall or tall >= 1.4 * height


def test_a_small_object_is_not_enlarged_into_a_blur() -> None:
    small = square(20, 20, 28, 28)
    assert max(extent(product(small, seed)[1])[0] for seed in SEEDS) <= 1.5 * 8 + 2


def test_the_object_moves_about() -> None:
    places = {cv2.boundingRect(product(MIDDLE, seed)[1])[:2] for seed in SEEDS}
    assert len(places) > 20


def test_image_and_mask_move_as_one_and_no_old_ground_comes_along() -> None:
    for seed in SEEDS:
        image, mask = product(MIDDLE, seed)
        inner = cv2.erode(mask, np.ones((7, 7), np.uint8), borderValue=0) == 255
        assert inner.any()
        assert (image[inner] == OBJECT).all()
        beyond = cv2.dilate(mask, np.ones((7, 7), np.uint8)) == 0
        assert (image[beyond] != GREEN).any(axis=1).all()
