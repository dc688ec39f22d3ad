"""evidence: how the proposals of a photograph lie to each other.

What is said of each for itself is in test_evidence.py.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.image.evidence import NAMES, OTHERS, evidence, stack
from automask.records import Proposal, Scene

Mask = NDArray[np.bool_]


def box(shape: tuple[int, int], top: int, left: int, bottom: int, right: int) -> Mask:
    mask = np.zeros(shape, np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def proposal(mask: Mask, predicted_iou: float = 0.9) -> Proposal:
    return Proposal(mask, predicted_iou, 0.95)


def told(name: str, *proposals: Proposal | Mask) -> list[float]:
    """One feature of some proposals."""
    given = [p if isinstance(p, Proposal) else proposal(p) for p in proposals]
    return evidence(given, Scene())[:, NAMES.index(name)].tolist()


# A car, its door, and a dog.

CAR, DOOR, DOG = (
    box((16, 16), 2, 2, 10, 10),
    box((16, 16), 4, 4, 8, 8),
    box((16, 16), 12, 12, 16, 16),
)


def test_a_part_lies_in_its_whole() -> None:
    # The door covers 16 of the car's 64 px.
    assert told("parts", CAR, DOOR, DOG) == pytest.approx([16 / 64, 0, 0])
    assert told("wholes", CAR, DOOR, DOG) == [0, 1, 0]


def test_parts_count_by_what_they_cover_together() -> None:
    window = box((16, 16), 3, 4, 6, 8)  # 12 px, of which 8 are the door's too
    assert told("parts", CAR, DOOR, window)[0] == pytest.approx(20 / 64)


@pytest.mark.parametrize(
    ("part", "covered"),
    [
        (box((16, 16), 2, 2, 8, 10), 48 / 64),
        (box((16, 16), 2, 2, 9, 10), 0),  # 56 of 64 are more than 0.8: the car once more
        (box((16, 16), 2, 0, 4, 10), 0),  # 16 of its 20 px lie in the car, 0.8
        (box((16, 16), 7, 4, 11, 5) | box((16, 16), 4, 4, 10, 8), 24 / 64),  # 24 of 25 px do
    ],
    ids=["smaller", "as large", "half outside", "a little outside"],
)
def test_a_part_is_smaller_and_lies_inside(part: Mask, covered: float) -> None:
    assert told("parts", CAR, part)[0] == pytest.approx(covered)
    assert told("wholes", CAR, part)[1] == (covered > 0)


@pytest.mark.parametrize("predicted_iou", [0.5, 0.99])
def test_what_is_painted_on_a_backdrop_is_no_part_of_a_whole(predicted_iou: float) -> None:
    wall = proposal(box((16, 16), 0, 0, 12, 16), predicted_iou)
    assert told("wholes", wall, box((16, 16), 4, 4, 8, 8)) == [0, 0]


def test_explained_is_the_share_of_all_objects_together_that_lies_in_a_mask() -> None:
    # Car and dog have 64 + 16 px; the door's 16 are the car's.
    assert told("explained", CAR, DOOR, DOG) == pytest.approx([64 / 80, 16 / 80, 16 / 80])


@pytest.mark.parametrize("name", ["parts", "wholes", "explained"])
def test_how_often_a_thing_was_proposed_does_not_count(name: str) -> None:
    often = told(name, CAR, DOOR, DOG, DOOR, DOOR, DOG)
    assert often[:3] == pytest.approx(told(name, CAR, DOOR, DOG))


def test_a_backdrop_explains_no_object() -> None:
    middle = box((16, 16), 4, 4, 12, 12)
    assert told("explained", middle, ~middle) == [1, 0]
    assert told("explained", ~middle) == [0]


def test_a_thousand_proposals_are_each_held_against_the_same_few() -> None:
    """So that the time grows with their number, and not with its square."""
    many = stack([proposal(CAR)] * 1000, Scene())
    assert many.overlap.shared.shape == (1000, OTHERS)


def test_those_are_the_ones_with_the_highest_predicted_iou() -> None:
    proposals = [proposal(DOOR, 0.5), *[proposal(CAR, 0.9)] * OTHERS]
    assert told("parts", *proposals) == [0] * (OTHERS + 1)
    assert told("wholes", *proposals) == [1] + [0] * OTHERS
