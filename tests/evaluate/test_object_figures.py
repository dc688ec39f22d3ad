"""Objects that were found, split, merged and made up, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automask.evaluate.object_figures import (
    ObjectFigures,
    average_precision,
    measure_objects,
    object_summaries,
    overlaps,
    summarise_objects,
)


def ids(*rows: str) -> np.ndarray:
    """A map of objects: a digit is an id, a point the background."""
    return np.array([[0 if pixel == "." else int(pixel) for pixel in row] for row in rows])


TWO = ids("11..22", "11..22", "11..22")


def test_what_two_maps_share_is_counted_by_their_ids() -> None:
    shared, ours, theirs = overlaps(ids("11.3", "1..3"), ids("2255", "...5"))
    assert shared.tolist() == [[2, 0], [0, 2]]
    assert ours.tolist() == [3, 2]
    assert theirs.tolist() == [2, 3]


def test_the_same_map_matches_with_an_iou_of_1() -> None:
    figures = measure_objects("cats_1.png", TWO, TWO)
    assert figures.is_match == (True, True)
    assert figures.matched_iou == (1.0, 1.0)
    assert (figures.split, figures.merged) == (0, 0)
    assert figures.dataset == "cats"


def test_ids_need_not_agree() -> None:
    assert measure_objects("a", ids("77..33", "77..33", "77..33"), TWO).matched_iou == (1.0, 1.0)


def test_half_of_an_object_is_no_match() -> None:
    """4 of 8 pixels: an IoU of exactly 0.5 does not match, or one might match two."""
    assert measure_objects("a", ids("11..", "11.."), ids("1111", "1111")).is_match == (False,)


def test_more_than_half_is_a_match() -> None:
    figures = measure_objects("a", ids("111.", "111."), ids("1111", "1111"))
    assert figures.matched_iou == (0.75,)


def test_an_object_in_two_pieces_is_split() -> None:
    figures = measure_objects("a", ids("1122", "1122"), ids("1111", "1111"))
    assert (figures.split, figures.merged) == (1, 0)


def test_one_piece_beside_a_match_is_a_split_too() -> None:
    figures = measure_objects("a", ids("1112", "1112"), ids("1111", "1111"))
    assert figures.is_match == (True, False)
    assert figures.split == 1


def test_two_objects_in_one_are_merged() -> None:
    figures = measure_objects("a", ids("111111", "111111", "111111"), TWO)
    assert (figures.split, figures.merged) == (0, 2)
    assert figures.is_match == (False,)


def test_where_there_is_nothing_everything_is_missed_or_made_up() -> None:
    nothing = np.zeros_like(TWO)
    missed, made_up = measure_objects("a", nothing, TWO), measure_objects("a", TWO, nothing)
    assert (missed.true_objects, missed.predicted_objects, missed.is_match) == (2, 0, ())
    assert (made_up.true_objects, made_up.is_match) == (0, (False, False))


def row(*is_match: bool, true_objects: int = 2) -> ObjectFigures:
    ious = tuple(0.8 for hit in is_match if hit)
    return ObjectFigures("a_1.png", "a", true_objects, len(is_match), is_match, ious, 0, 0)


def test_a_summary_counts_objects_and_not_photographs() -> None:
    # 3 of 4 true objects found by 6 predicted: precision 1/2, recall 3/4, F1 6/10.
    summary = summarise_objects("a", [row(True, True), row(True, False, False, False)])
    assert (summary.precision, summary.recall, summary.f1) == (0.5, 0.75, 0.6)
    assert summary.matched_iou == pytest.approx(0.8)


def test_where_nothing_was_found_no_figure_is_undefined() -> None:
    summary = summarise_objects("a", [row()])
    assert (summary.precision, summary.recall, summary.f1, summary.ap50) == (0, 0, 0, 0)
    assert summary.matched_iou is None


def test_average_precision_takes_the_first_objects_first() -> None:
    # Ranks: 2 hits of 2, then 1 of 2 (3 of 4 in all), then 0 of 1. Of 4: (1 * 2 + 3/4 * 1) / 4.
    rows = [row(True, True), row(True, False, False)]
    assert average_precision(rows) == pytest.approx(0.6875)


def test_a_late_object_does_not_lower_the_precision_before_it() -> None:
    assert average_precision([row(True, False, true_objects=1)]) == 1.0
    # One miss, then a hit: precision 1/2 at recall 1 counts for all of it.
    assert average_precision([row(False, True, true_objects=1)]) == 0.5


def test_scores_order_objects_across_photographs() -> None:
    """By ids the miss of the second photograph comes with the first's hit; by scores last."""
    sure = replace(row(True, true_objects=1), scores=(0.9,))
    unsure = replace(row(False, true_objects=1), scores=(0.3,))
    assert average_precision([sure, unsure]) == 0.5
    assert average_precision([replace(sure, scores=None), unsure]) == 0.25


def test_scores_of_other_objects_than_are_there_count_for_nothing() -> None:
    assert measure_objects("a", TWO, TWO, scores=[0.9, 0.8]).scores == (0.9, 0.8)
    assert measure_objects("a", TWO, TWO, scores=[0.9]).scores is None


def test_data_sets_are_told_apart_and_put_together() -> None:
    maps = {"b_1.png": TWO, "a_1.png": TWO}
    rows = [measure_objects(name, found, TWO) for name, found in maps.items()]
    assert [s.name for s in object_summaries(rows)] == ["a", "b", "together"]
    assert [s.name for s in object_summaries(rows[:1])] == ["b"]
