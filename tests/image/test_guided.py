"""guided: a filter that smooths, but not across the edges of a photograph."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.image import guided
from automask.image.guided import guided_filter, solve_symmetric

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]


def noise(height: int, width: int, seed: int = 0) -> tuple[Pixels, Plane]:
    """A guide and something to filter without any structure."""
    random = np.random.default_rng(seed)
    guide = random.integers(0, 256, (height, width, 3), np.uint8)
    return guide, random.random((height, width)).astype(np.float32)


def directly(guide_rgb: Pixels, what: Plane, radius: int, epsilon: float) -> Plane:
    """The paper's equations 14 to 16, window by window, the border mirrored."""
    height, width = what.shape
    pad = 2 * radius
    colours = np.pad(guide_rgb / 255.0, ((pad, pad), (pad, pad), (0, 0)), "symmetric")
    values = np.pad(what.astype(np.float64), pad, "symmetric")
    slopes, offsets = np.zeros_like(colours), np.zeros_like(values)
    for y in range(radius, height + 2 * pad - radius):
        for x in range(radius, width + 2 * pad - radius):
            window = np.s_[y - radius : y + radius + 1, x - radius : x + radius + 1]
            inside, wanted = colours[window].reshape(-1, 3), values[window].ravel()
            spread = np.cov(inside.T, bias=True) + epsilon * np.eye(3)
            along = (inside * wanted[:, None]).mean(0) - inside.mean(0) * wanted.mean()
            slopes[y, x] = np.linalg.solve(spread, along)
            offsets[y, x] = wanted.mean() - slopes[y, x] @ inside.mean(0)
    result = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            window = np.s_[y + radius : y + 3 * radius + 1, x + radius : x + 3 * radius + 1]
            slope = slopes[window].reshape(-1, 3).mean(0)
            result[y, x] = slope @ colours[y + pad, x + pad] + offsets[window].mean()
    return result.astype(np.float32)


@pytest.mark.parametrize(
    ("radius_px", "epsilon"), [(1, 1e-2), (2, 1e-2), (2, 1e-4), (4, 1e-4), (4, 1e-1)]
)
def test_it_is_the_paper_s_filter(radius_px: int, epsilon: float) -> None:
    guide, what = noise(9, 11)
    filtered = guided_filter(guide, what, radius_px, epsilon)
    assert filtered.dtype == np.float32
    np.testing.assert_allclose(filtered, directly(guide, what, radius_px, epsilon), atol=1e-4)


def test_a_grey_guide_does_not_upset_it() -> None:
    """Its three colours are one, so that the matrix is singular but for epsilon."""
    guide, what = noise(9, 11)
    grey = np.repeat(guide[..., :1], 3, axis=2)
    expected = directly(grey, what, 2, 1e-4)
    np.testing.assert_allclose(guided_filter(grey, what, 2, 1e-4), expected, atol=1e-3)


def test_a_mask_off_by_a_pixel_goes_to_the_edge_of_the_photograph() -> None:
    """One row is enough to see it: black to column 4, white from column 5 on."""
    guide = np.zeros((9, 10, 3), np.uint8)
    guide[:, 5:] = 255
    mask = np.zeros((9, 10), np.float32)
    mask[:, 6:] = 1
    row = guided_filter(guide, mask, 2, 1e-4)[4]
    assert (row[:5] < 0.05).all()  # black was never on the mask
    assert row[5] > 0.5  # white mostly is


def test_without_an_edge_it_is_a_mean_of_means() -> None:
    guide = np.full((7, 7, 3), 90, np.uint8)
    dot = np.zeros((7, 7), np.float32)
    dot[3, 3] = 81
    # A window of 3 x 3 spreads 81 as nine 9s; once more the middle is nine 9s over 9.
    filtered = guided_filter(guide, dot, 1, 1e-2)
    assert filtered[3].round(4).tolist() == [0, 3, 6, 9, 6, 3, 0]


@pytest.mark.parametrize("rows", [1, 5, 8, 100])
def test_in_strips_it_is_the_same(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    guide, what = noise(23, 6)
    whole = guided_filter(guide, what, 2, 1e-3)
    monkeypatch.setattr(guided, "STRIP_PIXELS", rows * 6)
    np.testing.assert_allclose(guided_filter(guide, what, 2, 1e-3), whole, atol=1e-6)


def test_a_radius_beyond_the_picture_is_no_fault() -> None:
    guide, what = noise(3, 2)
    np.testing.assert_allclose(
        guided_filter(guide, what, 1, 1e-2), directly(guide, what, 1, 1e-2), atol=1e-4
    )
    assert np.isfinite(guided_filter(guide, what, 10, 1e-2)).all()


def test_solve_symmetric_solves() -> None:
    # 4 2 2   1   14      each entry a picture of one pixel
    # 2 3 1 * 2 = 11
    # 2 1 5   3   19
    matrix = [np.full((1, 1), value, np.float32) for value in (4, 2, 2, 3, 1, 5)]
    right = [np.full((1, 1), value, np.float32) for value in (14, 11, 19)]
    assert [x.item() for x in solve_symmetric(matrix, right)] == pytest.approx([1, 2, 3])


def test_what_does_not_fit_is_refused() -> None:
    guide, what = noise(4, 5)
    with pytest.raises(ValueError, match=r"\(4, 5, 3\) does not fit \(4, 4\)"):
        guided_filter(guide, what[:, :4], 1, 1e-2)
    with pytest.raises(ValueError, match="radius_px must be 1 or more, not 0"):
        guided_filter(guide, what, 0, 1e-2)
    with pytest.raises(ValueError, match="epsilon above 0"):
        guided_filter(guide, what, 1, 0)
