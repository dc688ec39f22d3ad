"""How alike two masks are.

Masks are drawn: # is on the mask, . is not. A band of rows from one side of the frame to the other
has an outline that can be counted: its first row and its last.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.image.metrics import (
    Confusion,
    ScoreCounts,
    boundary_f,
    confusion,
    mask_iou,
    score_counts,
)

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


# Confusion


def test_each_pixel_is_counted_once() -> None:
    assert confusion(drawn("##.."), drawn(".##.")) == Confusion(1, 1, 1, 1)


def test_the_figures_of_a_confusion() -> None:
    # 6 in both, 2 too much, 4 missed.
    counts = Confusion(6, 2, 4, 12)
    assert counts.iou == 6 / 12
    assert counts.dice == 12 / 18
    assert counts.precision == 6 / 8
    assert counts.recall == 6 / 10


def test_nothing_found_where_nothing_is_is_right() -> None:
    counts = confusion(EMPTY, EMPTY)
    assert (counts.iou, counts.dice, counts.precision, counts.recall) == (1, 1, 1, 1)


def test_nothing_found_where_something_is_and_the_other_way_round_is_wrong() -> None:
    for counts in (confusion(EMPTY, OBJECT), confusion(OBJECT, EMPTY)):
        assert (counts.iou, counts.dice, counts.precision, counts.recall) == (0, 0, 0, 0)


def random_pair(seed: int) -> tuple[Mask, Mask, NDArray[np.uint8]]:
    """Two masks with something of either class, and 8-bit scores with many ties."""
    rng = np.random.default_rng(seed)
    true, predicted = rng.random((2, 12, 17)) < 0.4
    scores = np.clip(true * 90 + rng.integers(0, 12, true.shape) * 14, 0, 255)
    return predicted, true, scores.astype(np.uint8)


@pytest.mark.parametrize("seed", range(5))
def test_a_confusion_has_scikit_learns_figures(seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="the reference is not installed")
    predicted, true, _ = random_pair(seed)
    ours, reference = confusion(predicted, true), (true.ravel(), predicted.ravel())
    assert ours.iou == pytest.approx(metrics.jaccard_score(*reference))
    assert ours.iou == mask_iou(predicted, true)
    assert ours.dice == pytest.approx(metrics.f1_score(*reference))
    assert ours.precision == pytest.approx(metrics.precision_score(*reference))
    assert ours.recall == pytest.approx(metrics.recall_score(*reference))


# Scores


def counts_of(scores: list[int], true: str) -> ScoreCounts:
    return score_counts(np.array([scores], np.uint8), drawn(true))


def test_auroc_is_the_share_of_pairs_in_the_right_order() -> None:
    # Object 200 and 90, background 100 and 10: only 90 against 100 is wrong.
    assert counts_of([200, 90, 100, 10], "##..").auroc == 3 / 4


def test_equal_scores_are_half_right() -> None:
    assert counts_of([7, 7, 7], "##.").auroc == 1 / 2


def test_a_truth_of_one_class_has_no_auroc() -> None:
    assert counts_of([1, 2, 3], "...").auroc is None
    assert counts_of([1, 2, 3], "###").auroc is None


def test_the_mean_error_is_the_distance_from_0_and_1() -> None:
    # 1 - 204/255 and 51/255 - 0, both 0.2; 255 on the object is right.
    assert counts_of([204, 51, 255], "#.#").mean_absolute_error == pytest.approx(0.4 / 3)


@pytest.mark.parametrize("seed", range(5))
def test_score_counts_have_scikit_learns_figures(seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="the reference is not installed")
    _, true, scores = random_pair(seed)
    ours, flat = score_counts(scores, true), scores.ravel() / 255
    assert ours.auroc == pytest.approx(metrics.roc_auc_score(true.ravel(), flat))
    error = metrics.mean_absolute_error(true.ravel().astype(float), flat)
    assert ours.mean_absolute_error == pytest.approx(error)


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


def test_average_precision_is_the_mean_precision_at_each_pixel_found() -> None:
    scores = np.array([[9, 8, 7, 6]], np.uint8)
    true = np.array([[True, False, True, False]])
    assert score_counts(scores, true).average_precision == pytest.approx((1 / 1 + 2 / 3) / 2)


def test_average_precision_of_nothing_to_find_is_not_known() -> None:
    nothing = np.zeros((1, 2), np.bool_)
    assert score_counts(np.zeros((1, 2), np.uint8), nothing).average_precision is None
