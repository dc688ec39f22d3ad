"""What the values of a folder mean."""

from __future__ import annotations

import numpy as np
import pytest
from eval_folders import TRIMAP, TRUTH, drawn, masked

from automask.errors import ImageError, UsageError
from automask.evaluate.conventions import (
    LEVELS,
    Convention,
    check,
    decode,
    infer_convention,
    occurring_values,
    parse_convention,
)

OPTION = "--truth-values"


# Told from the values


@pytest.mark.parametrize(
    ("values", "convention"),
    [
        ([0, 255], Convention(255, 0)),
        ([0, 1], Convention(1, 0)),
        ([1, 2, 3], Convention(1, 2, 3)),
        ([0, 128, 255], Convention(255, 0, 128)),
        ([0, 127, 255], Convention(255, 0, 127)),
        ([2], Convention(1, 2, 3)),  # no object in the whole folder
        ([255], Convention(255, 0)),
        ([1], Convention(1, 0)),
        ([0], Convention(255, 0)),
        (range(256), LEVELS),
    ],
)
def test_a_usual_convention_is_told_by_its_values(
    values: list[int], convention: Convention
) -> None:
    assert infer_convention({"a.png": values}, OPTION) == convention


def test_all_files_together_tell_what_one_alone_leaves_open() -> None:
    assert infer_convention({"a.png": [1], "b.png": [0, 1]}, OPTION) == Convention(1, 0)
    assert infer_convention({"a.png": [1], "b.png": [1, 2]}, OPTION) == Convention(1, 2, 3)
    assert infer_convention({"a.png": [0], "b.png": [0, 255]}, OPTION) == Convention(255, 0)


def test_a_file_at_odds_with_the_others_is_named_with_its_values() -> None:
    files = {"a.png": [0, 255], "b.png": [0, 1], "c.png": [0, 255]}
    with pytest.raises(UsageError) as refused:
        infer_convention(files, OPTION)
    message = str(refused.value)
    assert "occur 0, 1, 255; 'b.png' has 0, 1, 2 of 3 files are 255 foreground" in message
    assert "--truth-values FOREGROUND,BACKGROUND,CONTOUR" in message


def test_labels_of_classes_are_not_taken_for_levels() -> None:
    with pytest.raises(UsageError, match=r"0, 1, .* and 8 more up to 19"):
        infer_convention({"a.png": range(20)}, OPTION)


def test_a_few_stray_values_are_not_taken_for_levels() -> None:
    with pytest.raises(UsageError, match=r"'a\.png' has 0, 254, 255"):
        infer_convention({"a.png": [0, 254, 255]}, OPTION)


# Forced


@pytest.mark.parametrize(
    ("text", "convention"),
    [
        ("1,2,3", Convention(1, 2, 3)),
        ("255,0", Convention(255, 0)),
        ("0, 255", Convention(0, 255)),
        ("15", Convention(15)),
        ("levels", LEVELS),
    ],
)
def test_a_convention_is_written_foreground_first(text: str, convention: Convention) -> None:
    assert parse_convention(text, OPTION) == convention


@pytest.mark.parametrize("text", ["", "white", "1,1", "256,0", "-1", "1,2,3,4"])
def test_what_is_no_convention_is_refused_with_the_option(text: str) -> None:
    with pytest.raises(UsageError, match=f"{OPTION} is FOREGROUND,BACKGROUND,CONTOUR"):
        parse_convention(text, OPTION)


def test_a_value_that_a_forced_convention_lacks_is_named_with_its_file() -> None:
    files = {"a.png": [0, 255], "b.png": [0, 7, 255]}
    with pytest.raises(UsageError, match=r"'b\.png' has 7, and --truth-values says 255 foreground"):
        check(files, Convention(255, 0), OPTION)


def test_a_foreground_alone_takes_all_else_for_background() -> None:
    check({"a.png": range(256)}, Convention(15), OPTION)
    assert decode(
        np.array([[0, 15, 16]], np.uint8), Convention(15), "background"
    ).mask.tolist() == [[False, True, False]]


def test_a_convention_says_itself_in_words() -> None:
    assert str(Convention(1, 2, 3)) == "1 foreground, 2 background, 3 contour"
    assert str(Convention(15)) == "15 foreground, all else background"
    assert str(LEVELS) == "levels, foreground from 128"


# Decoded


def test_a_contour_counts_as_it_is_told_to() -> None:
    values, convention = drawn(TRIMAP), Convention(255, 0, 128)
    as_background = decode(values, convention, "background")
    assert np.array_equal(as_background.mask, masked(TRIMAP))
    assert as_background.ignored is None
    assert np.array_equal(decode(values, convention, "foreground").mask, masked(TRUTH))
    ignoring = decode(values, convention, "ignore")
    assert np.array_equal(ignoring.mask, masked(TRIMAP))
    assert ignoring.ignored is not None
    assert np.array_equal(ignoring.ignored, values == 128)


def test_levels_are_foreground_from_128_and_scores_as_they_are() -> None:
    values = np.array([[0, 127, 128, 255]], np.uint8)
    labels = decode(values, LEVELS, "background")
    assert labels.mask.tolist() == [[False, False, True, True]]
    assert labels.scores is values


def test_a_mask_has_no_scores() -> None:
    assert decode(drawn(TRUTH), Convention(255, 0), "background").scores is None


def test_the_values_that_occur_come_in_order() -> None:
    assert occurring_values(np.array([[7, 0], [7, 255]], np.uint8)) == (0, 7, 255)


def test_a_picture_without_pixels_has_no_values() -> None:
    with pytest.raises(ImageError, match="no pixel"):
        occurring_values(np.zeros((0, 3), np.uint8))
