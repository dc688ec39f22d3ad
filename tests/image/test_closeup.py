"""closeup: the box around an object, cut out of the photograph and put back."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.image import closeup as closeup_module
from automask.image.closeup import Closeup, box_around, close_up, pasted
from automask.records import Proposal

Mask = NDArray[np.bool_]


def box(shape: tuple[int, int], top: int, left: int, bottom: int, right: int) -> Mask:
    mask = np.zeros(shape, np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def proposal(mask: Mask) -> Proposal:
    return Proposal(mask, 0.9, 0.95)


def gradient(height: int, width: int) -> NDArray[np.uint8]:
    """A photograph whose every pixel tells its row and its column."""
    y, x = np.mgrid[:height, :width]
    return np.stack([y, x, y + x], axis=2).astype(np.uint8)


# The box: left, top, right, bottom.


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        # At the mask's own size the object has rows 40..60 and columns 20..50: 8 px around it are
        # more than a tenth of 20 and of 30.
        ((100, 100), (12, 32, 58, 68)),
        # Ten times as large a tenth is more: 20 of rows 400..600 and 30 of columns 200..500.
        ((1000, 1000), (170, 380, 530, 620)),
        # Half as large: rows 20..30, columns 10..25.
        ((50, 50), (2, 12, 33, 38)),
    ],
)
def test_the_box_has_a_margin_of_a_tenth_and_8_px_at_least(
    shape: tuple[int, int], expected: tuple[int, ...]
) -> None:
    assert box_around(box((100, 100), 40, 20, 60, 50), shape, margin=0.1) == expected


def test_the_box_ends_at_the_frame() -> None:
    assert box_around(box((20, 30), 0, 25, 15, 30), (20, 30), margin=0.1) == (17, 0, 30, 20)


def test_the_box_holds_everything_that_is_on_the_mask() -> None:
    mask = box((100, 100), 10, 20, 11, 21) | box((100, 100), 79, 69, 80, 70)
    # Rows 10..80 have a margin of 8, as 7 is less; columns 20..70 too.
    assert box_around(mask, (100, 100), margin=0.1) == (12, 2, 78, 88)


# The closeup.


def test_a_small_object_is_cut_out_at_the_photograph_s_own_size() -> None:
    image, mask = gradient(60, 80), box((60, 80), 20, 30, 40, 50)
    closeup = close_up(image, proposal(mask))
    assert closeup.box_xyxy == (22, 12, 58, 48)
    assert (closeup.pixels == image[12:48, 22:58]).all()
    assert (closeup.mask == mask[12:48, 22:58]).all()


def test_a_proposal_of_a_smaller_size_is_enlarged_into_the_closeup() -> None:
    # Rows 5..10 of 15 and columns 5..15 of 20, eight times as large.
    closeup = close_up(gradient(120, 160), proposal(box((15, 20), 5, 5, 10, 15)))
    assert closeup.box_xyxy == (32, 32, 128, 88)
    expected = box((56, 96), 8, 8, 48, 88)
    assert closeup.mask.shape == closeup.pixels.shape[:2] == expected.shape
    assert np.count_nonzero(closeup.mask != expected) <= 4 * 8  # its corners are rounded


def test_a_large_object_is_shrunk_to_what_the_model_takes_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(closeup_module, "MAX_SIDE_PX", 48)
    # 80 x 100 px with 8 and 10 around it: 96 x 120, of which the longer side becomes 48.
    closeup = close_up(gradient(120, 160), proposal(box((120, 160), 20, 30, 100, 130)))
    assert closeup.box_xyxy == (20, 12, 140, 108)
    assert closeup.pixels.shape == (38, 48, 3)
    assert closeup.mask.shape == (38, 48)
    # All but 3.2 rows and 4 columns at each side: 32 x 40 px.
    assert np.count_nonzero(closeup.mask) == pytest.approx(32 * 40, rel=0.05)


def test_what_can_be_cut_finer_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the size of the photograph, or of a frame that a speck does not make huge."""
    asked: list[tuple[int, int]] = []

    def cut(size: tuple[int, int]) -> Mask:
        asked.append(size)
        return np.ones(size, np.bool_)

    coarse = Proposal(box((12, 16), 4, 4, 8, 8), 0.9, 0.95, cut=cut)
    assert close_up(gradient(60, 80), coarse).mask.all()
    monkeypatch.setattr(closeup_module, "MAX_FRAME_PX", 70)
    close_up(gradient(60, 80), coarse)
    assert asked == [(60, 80), (60, 70)]


def test_a_frame_that_is_kept_small_keeps_the_object_in_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mask = box((100, 200), 40, 120, 60, 140)
    monkeypatch.setattr(closeup_module, "MAX_FRAME_PX", 50)
    closeup = close_up(gradient(100, 200), proposal(mask))
    assert closeup.box_xyxy == (112, 32, 148, 68)
    expected = mask[32:68, 112:148]
    assert np.count_nonzero(closeup.mask & expected) > 0.8 * np.count_nonzero(
        closeup.mask | expected
    )


# And back.


@pytest.mark.parametrize("corner", [(0, 0), (20, 30), (40, 60)])
def test_a_closeup_is_pasted_where_it_was_cut_out(corner: tuple[int, int]) -> None:
    top, left = corner
    mask = box((60, 80), top, left, top + 20, left + 20)
    closeup = close_up(gradient(60, 80), proposal(mask))
    assert (pasted(closeup, (60, 80, 3), (60, 80)) == mask).all()


def test_nothing_is_pasted_outside_of_the_box() -> None:
    full = Closeup((10, 20, 40, 50), np.zeros((30, 30, 3), np.uint8), np.ones((30, 30), np.bool_))
    assert (pasted(full, (60, 80), (60, 80)) == box((60, 80), 20, 10, 50, 40)).all()


def test_it_is_pasted_at_another_size() -> None:
    full = Closeup((10, 20, 40, 50), np.zeros((30, 30, 3), np.uint8), np.ones((30, 30), np.bool_))
    assert (pasted(full, (60, 80), (6, 8)) == box((6, 8), 2, 1, 5, 4)).all()
    assert (pasted(full, (60, 80), (120, 160)) == box((120, 160), 40, 20, 100, 80)).all()


@pytest.mark.parametrize("left", [0, 500, 990])
def test_of_a_box_that_would_be_no_pixel_one_stays(left: int) -> None:
    speck = Closeup(
        (left, left, left + 10, left + 10),
        np.zeros((10, 10, 3), np.uint8),
        np.ones((10, 10), np.bool_),
    )
    assert np.count_nonzero(pasted(speck, (1000, 1000), (8, 8))) == 1
