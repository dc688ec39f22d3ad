"""strips: a picture from top to bottom, each strip with what it depends on."""

from __future__ import annotations

import numpy as np
import pytest

from automask.image import strips as module
from automask.image.strips import Strip, rows_of_enlarged, strips


def test_a_picture_is_cut_into_strips_with_margins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STRIP_PIXELS", 40)  # of 10 columns, 4 rows
    assert list(strips((10, 10), margin_px=2)) == [
        Strip(slice(0, 4), slice(0, 6), slice(0, 4)),
        Strip(slice(4, 8), slice(2, 10), slice(2, 6)),
        Strip(slice(8, 10), slice(6, 10), slice(2, 4)),
    ]


def test_a_strip_is_no_thinner_than_its_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STRIP_PIXELS", 1)
    assert [strip.rows for strip in strips((10, 10), margin_px=5)] == [slice(0, 5), slice(5, 10)]


def test_a_small_picture_is_one_strip() -> None:
    assert list(strips((3, 4, 3), margin_px=9)) == [Strip(slice(0, 3), slice(0, 3), slice(0, 3))]


def test_rows_of_an_enlarged_picture_are_interpolated() -> None:
    picture = np.array([[0, 8], [4, 12]], np.float32)
    # The centres of the four columns lie a quarter and three quarters between those of the two.
    assert rows_of_enlarged(picture, (4, 4), slice(0, 1)).tolist() == [[0, 2, 6, 8]]
    assert rows_of_enlarged(picture, (4, 4), slice(1, 3)).tolist() == [[1, 3, 7, 9], [3, 5, 9, 11]]


def test_enlarging_to_its_own_size_changes_nothing() -> None:
    picture = np.random.default_rng(0).random((5, 6, 3)).astype(np.float32)
    assert rows_of_enlarged(picture, (5, 6), slice(1, 5)).tolist() == picture[1:5].tolist()
