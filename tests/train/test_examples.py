"""What is learned from, and what is said where nothing can be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from export_runs import RING, Run, mask, save
from training_sets import write_discs

from automask.errors import UsageError
from automask.output.decisions import (
    CORRECTED,
    NO_OBJECT,
    REJECTED,
    Decision,
    append_decision,
)
from automask.train.examples import (
    check_classes,
    check_sizes,
    find_examples,
    read_object_ids,
    read_target,
)


def test_a_mask_counts_as_much_as_the_run_trusts_it(run: Run) -> None:
    examples = find_examples(run.output).found
    assert {example.name: example.weight for example in examples} == {
        "sure.png": 0.9,
        "unsure.png": 0.2,
    }


def test_what_is_left_out_has_a_reason(run: Run) -> None:
    reasons = dict(find_examples(run.output, min_confidence=0.5).left_out)
    assert reasons["none.png"].startswith("nothing was found there")
    assert reasons["torn.png"] == "masking failed: damaged"
    assert reasons["unsure.png"] == "its confidence is below --min-confidence 0.5"


def test_a_run_of_which_nothing_is_left_is_refused(run: Run) -> None:
    with pytest.raises(
        UsageError, match="has no masks to learn from; of 4 left out, 2: its confidence is below"
    ):
        find_examples(run.output, min_confidence=0.95)


def test_what_a_person_stands_for_counts_wholly(run: Run) -> None:
    append_decision(run.output, Decision("unsure.png", CORRECTED))
    examples = find_examples(run.output, min_confidence=0.5).found
    assert {e.name: (e.weight, e.is_reviewed) for e in examples} == {
        "sure.png": (0.9, False),
        "unsure.png": (1.0, True),
    }


def test_an_empty_mask_is_learned_from_where_a_person_says_so(run: Run) -> None:
    append_decision(run.output, Decision("none.png", NO_OBJECT))
    assert "none.png" in {example.name for example in find_examples(run.output).found}


def test_what_a_person_rejected_is_left_out(run: Run) -> None:
    append_decision(run.output, Decision("sure.png", REJECTED))
    assert dict(find_examples(run.output).left_out)["sure.png"] == "a person has rejected it"


def test_a_contour_that_a_trimap_draws_is_the_contour(run: Run) -> None:
    example = find_examples(run.output).found[0]
    trimap = np.full((6, 10), 2, np.uint8)
    trimap[2, 2:5] = (1, 3, 3)
    save(example.label, trimap)
    np.testing.assert_array_equal(read_target(example), trimap)


def test_a_mask_gets_the_contour_of_a_run(tmp_path: Path) -> None:
    save(tmp_path / "images/a.png", np.zeros((3, 5, 3), np.uint8))
    save(tmp_path / "masks/a.png", np.array([[0] * 5, [0, 0, 255, 0, 0], [0] * 5], np.uint8))
    target = read_target(find_examples(tmp_path).found[0])
    assert target.tolist() == [[2, 2, 3, 2, 2], [2, 3, 1, 3, 2], [2, 2, 3, 2, 2]]


def test_true_masks_take_the_place_of_the_runs(run: Run, tmp_path: Path) -> None:
    save(tmp_path / "truth/unsure.png", mask(RING).astype(np.uint8) * 255)
    examples = find_examples(run.output, truth=tmp_path / "truth")
    assert [(e.name, e.weight, e.label) for e in examples.found] == [
        ("unsure.png", 1.0, tmp_path / "truth/unsure.png")
    ]
    assert "it has no true mask" in dict(examples.left_out)["sure.png"]


def test_ids_of_objects_are_read_as_they_are(tmp_path: Path) -> None:
    save(tmp_path / "images/a.png", np.zeros((1, 3, 3), np.uint8))
    save(tmp_path / "objects/a.png", np.array([[0, 1, 2]], np.uint16))
    example = find_examples(tmp_path, wants_objects=True).found[0]
    assert read_object_ids(example).tolist() == [[0, 1, 2]]


def test_objects_are_asked_for_where_a_run_has_none(run: Run) -> None:
    with pytest.raises(UsageError, match="run again with --objects all"):
        find_examples(run.output, wants_objects=True)


def test_a_folder_without_masks_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "images/a.png", np.zeros((3, 5, 3), np.uint8))
    with pytest.raises(UsageError, match="has no masks: neither masks/, trimaps/ nor objects/"):
        find_examples(tmp_path)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither an output of `automask run` nor a folder with"):
        find_examples(tmp_path)


def test_sizes_that_differ_are_named(tmp_path: Path) -> None:
    folder = write_discs(tmp_path, 1)
    save(folder / "masks/00.png", np.zeros((24, 32), np.uint8))
    with pytest.raises(UsageError, match=r"'00.png' is 64 x 48 px, its mask .* 32 x 24"):
        check_sizes(find_examples(folder).found)


def test_sizes_that_agree_pass(discs: Path) -> None:
    check_sizes(find_examples(discs).found)


@pytest.mark.parametrize(("label", "word"), [(1, "foreground"), (2, "background")])
def test_one_class_alone_is_refused(label: int, word: str) -> None:
    with pytest.raises(UsageError, match=f"every mask to learn from is {word} alone"):
        check_classes([np.full((2, 2), label, np.uint8)])


def test_both_classes_may_lie_in_different_photographs() -> None:
    check_classes([np.full((2, 2), 1, np.uint8), np.full((2, 2), 2, np.uint8)])


def test_a_photograph_that_cannot_be_read_is_named(discs: Path) -> None:
    example = find_examples(discs).found[0]
    torn = replace(example, image=discs / "gone.png")
    with pytest.raises(UsageError, match=r"gone.png.*cannot be read"):
        check_sizes([torn])
