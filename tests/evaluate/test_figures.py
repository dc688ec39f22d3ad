"""The figures of an image and of many, worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from eval_folders import EMPTY, MOVED, TRIMAP, TRUTH, drawn, masked

from automask.errors import ImageError
from automask.evaluate.conventions import Labels
from automask.evaluate.figures import ImageFigures, interval, measure, summaries, summarise
from automask.image.metrics import boundary_f

OBJECT = Labels(masked(TRUTH))
CONTOUR = drawn(TRIMAP) == 128


def test_each_figure_is_that_of_the_pixels() -> None:
    figures = measure("a_1.png", Labels(masked(MOVED)), OBJECT)
    # 6 in both, 2 too much, 2 missed, 14 in neither.
    assert figures.iou == 6 / 10
    assert figures.dice == 12 / 16
    assert (figures.precision, figures.recall) == (6 / 8, 6 / 8)
    assert figures.mae == 4 / 24
    assert figures.boundary == boundary_f(masked(MOVED), masked(TRUTH))
    assert figures.auroc is None


def test_an_image_names_its_data_set_and_its_state() -> None:
    figures = measure("sub_folder/pascal_7.png", OBJECT, OBJECT)
    assert (figures.image, figures.dataset) == ("sub_folder/pascal_7.png", "pascal")
    assert figures.status == "measured"


def test_scores_give_auroc_and_the_mean_error() -> None:
    truth = Labels(np.array([[True, True, False, False]]))
    scores = np.array([[255, 102, 153, 0]], np.uint8)  # 1, 0.4, 0.6, 0
    figures = measure("a.png", Labels(scores >= 128, scores=scores), truth)
    # Of the four pairs of object and background only 0.4 against 0.6 is the wrong way round.
    assert figures.auroc == 3 / 4
    assert figures.mae == pytest.approx((0 + 0.6 + 0.6 + 0) / 4)
    assert figures.iou == 1 / 3


def test_what_either_ignores_counts_nowhere() -> None:
    ignoring = Labels(masked(TRIMAP), ignored=CONTOUR)
    # The contour is columns 1 and 4 of the object's two rows: 20 of 24 pixels count. The truth is
    # columns 2 and 3, all found; MOVED has columns 2 to 5, so column 5 is too much: 2 pixels.
    for pair in ((Labels(masked(MOVED)), ignoring), (ignoring, Labels(masked(MOVED)))):
        figures = measure("a.png", *pair)
        assert figures.iou == 4 / 6
        assert figures.mae == 2 / 20


def test_scores_of_ignored_pixels_count_nowhere() -> None:
    scores = np.array([[255, 0, 0]], np.uint8)
    truth = Labels(np.array([[True, True, False]]), ignored=np.array([[False, True, False]]))
    figures = measure("a.png", Labels(scores >= 128, scores=scores), truth)
    assert (figures.auroc, figures.mae) == (1, 0)


def test_an_image_that_is_contour_alone_cannot_be_measured() -> None:
    with pytest.raises(ImageError, match="every pixel is contour"):
        measure("a.png", OBJECT, Labels(masked(EMPTY), ignored=masked(EMPTY) == 0))


def test_other_sizes_are_told_with_both() -> None:
    with pytest.raises(ImageError, match="prediction is 4 x 6, the true mask 6 x 4"):
        measure("a.png", Labels(masked(TRUTH).T), OBJECT)
    with pytest.raises(ImageError, match="scores is 3 x 2, the true mask 6 x 4"):
        measure("a.png", Labels(masked(TRUTH), scores=np.zeros((2, 3), np.uint8)), OBJECT)


def row(**changes: Any) -> ImageFigures:
    values: dict[str, Any] = {
        "image": "a_1.png",
        "dataset": "a",
        "status": "measured",
        "iou": 0.8,
        "dice": 0.9,
        "precision": 0.7,
        "recall": 0.6,
        "mae": 0.1,
        "boundary": 0.5,
        "auroc": None,
    }
    return ImageFigures(**{**values, **changes})


def test_a_summary_is_the_mean_over_images() -> None:
    summary = summarise("a", [row(iou=0.95), row(iou=0.9), row(iou=0.1, auroc=0.75, recall=0.3)])
    assert (summary.name, summary.images, summary.missing) == ("a", 3, 0)
    assert summary.iou == pytest.approx(0.65)
    assert summary.median_iou == 0.9
    assert summary.share_high == 1 / 3  # above 0.9, not at it
    assert summary.share_low == 1 / 3
    assert summary.recall == pytest.approx(0.5)
    assert summary.auroc == 0.75  # of the one image that has it


def test_a_summary_says_how_many_were_missing() -> None:
    assert summarise("a", [row(), row(status="missing")]).missing == 1


def test_there_is_a_summary_of_each_data_set_and_of_all() -> None:
    found = summaries([row(dataset="b"), row(dataset="a"), row(dataset="b")])
    assert [(s.name, s.images) for s in found] == [("a", 1), ("b", 2), ("together", 3)]


def test_one_data_set_needs_no_summary_of_all() -> None:
    assert [s.name for s in summaries([row(), row()])] == ["a"]


def test_an_interval_holds_its_mean_and_narrows_with_more_images() -> None:
    few, many = [0.2, 0.8] * 5, [0.2, 0.8] * 500
    (low, high), (closer_low, closer_high) = interval(few), interval(many)
    assert low < closer_low < 0.5 < closer_high < high
    # The standard error of 1,000 images of deviation 0.3 is 0.0095, 1.96 of them 0.0186.
    assert (closer_low, closer_high) == pytest.approx((0.4814, 0.5186), abs=0.003)
    assert interval(few) == interval(few)


def test_of_images_that_are_all_alike_the_interval_is_their_figure() -> None:
    assert interval([0.7, 0.7, 0.7]) == pytest.approx((0.7, 0.7))
