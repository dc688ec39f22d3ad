"""alpha: mattes from a mask and a photograph."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.image import alpha as module
from automask.image.alpha import band_px, make_alpha
from automask.result_settings import AlphaConfig

EPSILON = 1e-4


def scene(share: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A yellow object that covers this share (H x W, 0..1) of each pixel of a blue background."""
    object_rgb, back_rgb = np.array([220, 200, 40]), np.array([30, 40, 120])
    return (share[..., None] * object_rgb + (1 - share[..., None]) * back_rgb).astype(np.uint8)


def ramp(height: int = 40, width: int = 60) -> NDArray[np.float64]:
    """An object to the left with a soft edge: 1 up to column 25, 0 from column 35 on."""
    return np.tile(np.clip((35 - np.arange(width)) / 10, 0, 1), (height, 1))


def test_a_soft_edge_gets_its_shares() -> None:
    share = ramp()
    matte = make_alpha(scene(share), share >= 0.5, 15, EPSILON)
    assert (matte.shape, matte.dtype) == ((40, 60), np.uint8)
    assert np.abs(matte / 255 - share).mean() < 0.02
    hard = np.abs((share >= 0.5) - share).mean()
    assert np.abs(matte / 255 - share).mean() < hard / 2


def test_outside_the_band_it_is_0_or_255() -> None:
    share = ramp()
    matte = make_alpha(scene(share), share >= 0.5, 3, EPSILON)
    # The outline is between columns 30 and 31; within three pixels are columns 28 to 33.
    assert np.unique(matte[:, :28]).tolist() == [255]
    assert np.unique(matte[:, 34:]).tolist() == [0]
    assert ((matte[:, 28:34] > 0) & (matte[:, 28:34] < 255)).any()


@pytest.mark.parametrize("value", [False, True])
def test_an_empty_mask_and_a_full_one_have_no_outline(value: bool) -> None:
    mask = np.full((40, 60), value)
    assert (make_alpha(scene(ramp()), mask, 10, EPSILON) == 255 * value).all()


def test_the_edge_of_the_photograph_is_no_outline() -> None:
    """The object is cut off there, and as solid as elsewhere."""
    share = ramp()
    matte = make_alpha(scene(share), share >= 0.5, 15, EPSILON)
    assert np.unique(matte[:, :15]).tolist() == [255]


def test_a_large_photograph_is_looked_at_in_a_smaller_copy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    share = ramp(80, 60)
    whole = make_alpha(scene(share), share >= 0.5, 15, EPSILON)
    monkeypatch.setattr(module, "MOST_PIXELS", 1500)
    smaller = make_alpha(scene(share), share >= 0.5, 15, EPSILON)
    assert np.abs(whole.astype(int) - smaller).mean() < 4


def test_the_band_is_in_proportion_to_the_object() -> None:
    mask = np.zeros((200, 300), np.bool_)
    mask[50:150, 100:200] = True  # the square root of its area is 100
    assert band_px(mask, 1, AlphaConfig(band_fraction=0.05)) == 5
    assert band_px(mask, 4, AlphaConfig(band_fraction=0.05)) == 2.5  # four of 50


def test_the_band_is_never_thinner_than_an_edge() -> None:
    mask = np.zeros((20, 20), np.bool_)
    mask[8:12, 8:12] = True
    assert band_px(mask, 1, AlphaConfig()) == 2
    assert band_px(np.zeros_like(mask), 0, AlphaConfig()) == 2
