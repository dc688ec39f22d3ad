"""strips: a picture from top to bottom, each strip with what it depends on."""

from __future__ import annotations

import pytest

from automask.image import strips as module
from automask.image.strips import Strip, strips


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
