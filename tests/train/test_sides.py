"""Who learns, who chooses, who is measured on."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from training_sets import write_discs

from automask.errors import UsageError
from automask.train.examples import Example, find_examples
from automask.train.sides import first_ones, with_sides


def sides(examples: list[Example]) -> dict[str, str]:
    return {example.name: example.side for example in examples}


def test_photographs_are_divided_by_shares(discs: Path) -> None:
    sided = with_sides(find_examples(discs).found, "0.5/0.25/0.25", 0, seed=0)
    assert Counter(sides(sided).values()) == {"train": 6, "val": 3, "test": 3}


def test_the_same_seed_divides_in_the_same_way(discs: Path) -> None:
    examples = find_examples(discs).found
    once, again, other = (with_sides(examples, "0.5/0.5", 0, seed) for seed in (1, 1, 2))
    assert sides(once) == sides(again) != sides(other)


def test_near_duplicates_stay_on_one_side(discs: Path) -> None:
    for kind in ("images", "masks"):
        for place in range(6):
            shutil.copyfile(
                discs / kind / f"{place:02d}.png", discs / kind / f"copy{place:02d}.png"
            )
    sided = sides(with_sides(find_examples(discs).found, "0.5/0.5", 0, seed=0))
    assert all(sided[f"copy{p:02d}.png"] == sided[f"{p:02d}.png"] for p in range(6))


def test_what_is_held_out_is_on_no_other_side(discs: Path) -> None:
    sided = sides(with_sides(find_examples(discs).found, "0.5/0.5", 4, seed=0))
    assert Counter(sided.values()) == {"train": 4, "val": 4, "holdout": 4}


def test_more_held_out_than_there_is_is_refused(discs: Path) -> None:
    with pytest.raises(UsageError, match="--holdout 12 leaves nothing to learn from: there are 12"):
        with_sides(find_examples(discs).found, "0.5/0.5", 12, seed=0)


def test_a_side_without_photographs_is_refused(tmp_path: Path) -> None:
    examples = find_examples(write_discs(tmp_path, 1)).found
    with pytest.raises(UsageError, match="leaves val empty: 1 photographs"):
        with_sides(examples, "0.8/0.2", 0, seed=0)


def test_patterns_of_names_are_taken_as_they_are(discs: Path) -> None:
    sided = sides(with_sides(find_examples(discs).found, "0[0-4]*/0[5-7]*/1*", 0, seed=0))
    assert Counter(sided.values()) == {"train": 5, "val": 3, "test": 2}
    assert sided["11.png"] == "test"
    assert "08.png" not in sided


def test_with_patterns_the_held_out_are_of_the_test(discs: Path) -> None:
    sided = sides(with_sides(find_examples(discs).found, "0[0-4]*/0[5-7]*/[01]*", 1, seed=0))
    assert Counter(sided.values()) == {"train": 5, "val": 3, "test": 3, "holdout": 1}


def test_one_pattern_is_no_split(discs: Path) -> None:
    with pytest.raises(UsageError, match="two or three patterns"):
        with_sides(find_examples(discs).found, "train_*", 0, seed=0)


def test_what_a_person_has_seen_is_learned_from_first(discs: Path) -> None:
    examples = list(find_examples(discs).found)
    examples[7] = replace(examples[7], is_reviewed=True)
    assert first_ones(examples, 1, seed=0)[0].name == "07.png"


def test_a_larger_size_holds_the_smaller_one(discs: Path) -> None:
    examples = find_examples(discs).found
    assert first_ones(examples, 8, seed=3)[:4] == first_ones(examples, 4, seed=3)


def test_more_than_there_are_is_refused(discs: Path) -> None:
    with pytest.raises(UsageError, match="13 photographs to learn from were asked for"):
        first_ones(find_examples(discs).found, 13, seed=0)
