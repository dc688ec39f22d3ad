"""cutout: the object on a colour or on nothing, without a halo of where it came from."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.image import strips
from automask.image.cutout import cutout, object_colours, rgb_of

Pixels = NDArray[np.uint8]

RED, BLUE, WHITE = [200, 0, 0], [0, 0, 100], [255, 255, 255]
# A row of a photograph: the red object, 0.4 of it and 0.6 of the background, the blue background.
ROW = np.array([[RED, RED, [80, 0, 60], BLUE, BLUE]], np.uint8)
MIXED = 102  # 0.4 of 255
ALPHA = np.array([[255, 255, MIXED, 0, 0]], np.uint8)


def test_on_white_object_and_white_are_exact_and_the_edge_is_between() -> None:
    shown = cutout(ROW, ALPHA, "white", radius_px=2)
    assert (shown.shape, shown.dtype) == ((1, 5, 3), np.uint8)
    assert shown[0, [0, 1, 3, 4]].tolist() == [RED, RED, WHITE, WHITE]
    # 0.4 * 200 + 0.6 * 255, 0.6 * 255 twice; the photograph's own 80, 0, 60 would give 185.
    assert np.abs(shown[0, 2].astype(int) - [233, 153, 153]).max() <= 4


def test_on_a_colour_of_one_s_own() -> None:
    shown = cutout(ROW, ALPHA, "#00ff10", radius_px=2)
    assert shown[0, 4].tolist() == [0, 255, 16]


def test_on_transparent_the_alpha_is_the_matte_and_nothing_is_hidden_under_it() -> None:
    shown = cutout(ROW, ALPHA, "transparent", radius_px=2)
    assert shown.shape == (1, 5, 4)
    assert shown[0, :, 3].tolist() == ALPHA[0].tolist()
    assert shown[0, [3, 4], :3].tolist() == [[0, 0, 0]] * 2


def test_an_edge_gets_the_object_s_colour() -> None:
    colours = object_colours(ROW, ALPHA, radius_px=2)
    assert np.abs(colours[0, 2].astype(int) - RED).max() < 10  # it was 80, 0, 60
    assert colours[0, :2].tolist() == [RED, RED]


@pytest.mark.parametrize("hard", [0, 255])
def test_a_hard_alpha_leaves_the_photograph_or_nothing(hard: int) -> None:
    alpha = np.full((1, 5), hard, np.uint8)
    assert object_colours(ROW, alpha, 2).tolist() == (ROW * (hard // 255)).tolist()


def test_in_strips_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (40, 7, 3), np.uint8)
    alpha = random.integers(0, 256, (40, 7), np.uint8)
    whole = cutout(image, alpha, "black", 3)
    monkeypatch.setattr(strips, "STRIP_PIXELS", 7 * 9)
    assert np.abs(cutout(image, alpha, "black", 3).astype(int) - whole).max() <= 1


@pytest.mark.parametrize(
    ("background", "rgb"),
    [("white", (255, 255, 255)), ("black", (0, 0, 0)), ("#0a0B0c", (10, 11, 12))],
)
def test_backgrounds_are_colours(background: str, rgb: tuple[int, int, int]) -> None:
    assert rgb_of(background) == rgb
