"""attention: which masks to check, and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from automask.output.attention import ToCheck, needs_look, to_check

if TYPE_CHECKING:
    from conftest import RecordMaker

SURE: dict[str, Any] = {"confidence": 0.9, "flags": ()}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"confidence": 0.49}, True),
        ({"flags": ("tiny",)}, True),
        ({"status": "no_object", "confidence": 0.0}, True),
        ({"status": "failed", "confidence": None}, False),  # these are listed apart
        ({"confidence": None, "mended": ("mask",)}, False),  # a person has seen it
        ({"confidence": 0.1, "mended": ("overlay",)}, True),
    ],
)
def test_what_a_person_should_look_at(
    make_record: RecordMaker, changes: dict[str, Any], expected: bool
) -> None:
    assert needs_look(make_record(**{**SURE, **changes})) is expected


def test_what_a_person_has_decided_about_needs_no_look(make_record: RecordMaker) -> None:
    assert not needs_look(make_record(confidence=0.1), {"a.jpg"})


def test_each_image_counts_once_and_the_count_says_why(make_record: RecordMaker) -> None:
    records = [
        make_record(confidence=0.1, flags=("tiny",)),
        make_record(confidence=0.2, flags=()),
        make_record(confidence=0.9, flags=("tiny",)),
        make_record(status="no_object", confidence=0.0, flags=()),
        make_record(**SURE),
    ]
    counted = to_check(records)
    assert counted.total == 4
    assert str(counted) == "4 to check: 2 below 0.5, 1 with a flag only, 1 without object"


def test_of_nothing_it_says_so() -> None:
    assert str(ToCheck()) == "nothing to check"
