"""How alike two masks are.

Masks are drawn: # is on the mask, . is not. A band of rows from one side of the frame to the other
has an outline that can be counted: its first row and its last.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.metrics import boundary_f, mask_iou

Mask = NDArray[np.bool_]


def drawn(*rows: str) -> Mask:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def band(first: int, end: int, height: int = 512, width: int = 512) -> Mask:
    """The rows from `first` up to `end`, over the whole width."""
    mask = np.zeros((height, width), np.bool_)
    mask[first:end] = True
    return mask


EMPTY = drawn("......", "......", "......", "......")
FULL = ~EMPTY
OBJECT = drawn("......", ".###..", ".###..", "......")


# mask_iou


def test_iou_is_intersection_over_union() -> None:
    assert mask_iou(drawn("##.."), drawn(".##.")) == pytest.approx(1 / 3)


def test_iou_of_two_empty_masks_is_1() -> None:
    assert mask_iou(EMPTY, EMPTY) == 1


def test_iou_with_one_empty_mask_is_0() -> None:
    assert mask_iou(OBJECT, EMPTY) == 0


# boundary_f


def test_equal_masks_have_the_same_outline() -> None:
    assert boundary_f(OBJECT, OBJECT) == 1


def test_two_empty_masks_agree() -> None:
    assert boundary_f(EMPTY, EMPTY) == 1


def test_an_outline_against_none_is_0_either_way() -> None:
    assert boundary_f(OBJECT, EMPTY) == 0
    assert boundary_f(EMPTY, OBJECT) == 0


def test_the_full_frame_has_no_outline_and_is_not_right_where_nothing_is() -> None:
    assert boundary_f(~EMPTY, EMPTY) == 0
    assert boundary_f(~EMPTY, ~EMPTY) == 1


@pytest.mark.parametrize(("shift", "expected"), [(1, 1.0), (2, 1.0), (3, 0.0)])
def test_up_to_2_px_of_512_are_forgiven(shift: int, expected: float) -> None:
    assert boundary_f(band(100 + shift, 300 + shift), band(100, 300)) == expected


def test_outlines_far_apart_are_0() -> None:
    assert boundary_f(band(50, 100), band(300, 400)) == 0


def test_half_of_an_outline_right_is_one_half() -> None:
    # Rows 100 and 399 against rows 100 and 299: precision 1/2, recall 1/2.
    assert boundary_f(band(100, 400), band(100, 300)) == pytest.approx(1 / 2)


def test_an_outline_that_lacks_half_has_precision_1_and_recall_one_half() -> None:
    # Row 100 alone against rows 100 and 299: 2 * 1 * 1/2 / (1 + 1/2) = 2/3.
    assert boundary_f(band(100, 512), band(100, 300)) == pytest.approx(2 / 3)


def test_an_outline_with_as_much_again_has_precision_one_half_and_recall_1() -> None:
    assert boundary_f(band(100, 300), band(100, 512)) == pytest.approx(2 / 3)


def test_the_border_of_the_image_is_no_outline() -> None:
    # The upper half ends in row 255, the lower half begins in row 256: one line, seen from above
    # and from below. The frame's sides, which each half touches three of, do not count.
    assert boundary_f(band(0, 256), band(256, 512)) == 1


def test_a_mask_that_fills_the_frame_has_no_outline() -> None:
    assert boundary_f(FULL, FULL) == 1
    assert boundary_f(FULL, OBJECT) == 0


@pytest.mark.parametrize("side", [64, 256, 512, 1024, 2048])
def test_the_figure_does_not_depend_on_the_photographs_size(side: int) -> None:
    # Of four outlines each within a quarter of the frame, one pair agrees.
    ours = band(side // 4, 3 * side // 4, side, side)
    theirs = band(side // 4, side // 2, side, side)
    assert boundary_f(ours, theirs) == pytest.approx(1 / 2)


@pytest.mark.parametrize(("shift", "expected"), [(8, 1.0), (16, 0.0)])
def test_in_a_photograph_four_times_as_large_8_px_are_2_of_512(shift: int, expected: float) -> None:
    ours = band(400 + shift, 1200 + shift, 2048, 2048)
    assert boundary_f(ours, band(400, 1200, 2048, 2048)) == expected


@pytest.mark.parametrize(("shift", "expected"), [(4, 1.0), (8, 0.0)])
def test_the_longest_side_is_the_one_that_is_brought_to_512(shift: int, expected: float) -> None:
    # 256 x 1024 becomes 128 x 512: 4 px are 2 then.
    ours = band(100 + shift, 200 + shift, height=256, width=1024)
    assert boundary_f(ours, band(100, 200, height=256, width=1024)) == expected
