"""Colours, noise and blur: the picture changes, its frame and its order of channels do not."""

from __future__ import annotations

import numpy as np

from automask.tiny_training.photometric import photometric

SEEDS = range(150)  # enough that blur, noise and JPEG, each one time in eight, all come about


def photograph() -> np.ndarray:
    """A red square on a ground of many grays, 24 x 40."""
    image = np.random.default_rng(9).integers(80, 160, (24, 40, 1), np.uint8).repeat(3, axis=2)
    image[6:18, 10:30] = (200, 60, 50)
    return image


def changed(seed: int, image: np.ndarray) -> np.ndarray:
    return photometric(image, np.random.default_rng(seed))


def test_shape_and_dtype_stay() -> None:
    results = [changed(seed, photograph()) for seed in SEEDS]
    assert {(r.shape, r.dtype.name) for r in results} == {((24, 40, 3), "uint8")}


def test_the_given_image_is_not_touched() -> None:
    image = photograph()
    for seed in SEEDS:
        changed(seed, image)
    assert np.array_equal(image, photograph())


def test_a_cut_out_of_a_larger_image_is_fine() -> None:
    image = photograph()
    window = image[4:20, 8:32]
    assert np.array_equal(changed(3, window), changed(3, window.copy()))


def test_nearly_every_view_looks_different() -> None:
    brightness = {round(float(changed(seed, photograph()).mean()), 2) for seed in SEEDS}
    assert len(brightness) > 0.9 * len(SEEDS)


def test_red_stays_redder_than_blue_or_turns_gray() -> None:
    # Channels that JPEG or gray had swapped would show here.
    centers = [changed(seed, photograph())[10:14, 16:24].mean(axis=(0, 1)) for seed in SEEDS]
    assert all(red > blue - 12 for red, _, blue in centers)  # the cast of a gray one is slight
    assert sum(red > blue + 40 for red, _, blue in centers) > 0.8 * len(SEEDS)


def test_some_views_are_gray() -> None:
    spread = [np.ptp(changed(seed, photograph())[10:14, 16:24].mean(axis=(0, 1))) for seed in SEEDS]
    assert 0.02 < np.mean([s < 5 for s in spread]) < 0.15  # 0.5 * 0.15 of them by design


def test_the_same_seed_gives_the_same_colours() -> None:
    assert np.array_equal(changed(5, photograph()), changed(5, photograph()))
