"""choose with the weights that come with automask: a studio backdrop is not the object.

A backdrop is large, smooth and easy to outline, so that a model is surest of it; to take what it is
surest of is the usual rule, and wrong here.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.config import ChooseConfig
from automask.image.choose import choose
from automask.image.ranking import border_coverage
from automask.records import Proposal, Scene

Mask = NDArray[np.bool_]

ROWS, COLUMNS = np.mgrid[0:90, 0:120]
# A vase that stands on a table; the wall behind them.
VASE = np.hypot(ROWS - 48, COLUMNS - 60) < 24
FLOWER = np.hypot(ROWS - 40, COLUMNS - 60) < 9  # painted on the vase
TABLE = (ROWS >= 68) & ~VASE
WALL = (ROWS < 68) & ~VASE
BACKDROP = ~VASE  # a seamless one, from edge to edge

# Lighter from left to right, as a lamp at one side makes it.
IMAGE = np.repeat((150 + COLUMNS // 3)[..., None], 3, axis=2).astype(np.uint8)
IMAGE[VASE] = (150, 40, 30)
IMAGE[FLOWER] = (190, 80, 60)
IN_STUDIO = IMAGE.copy()
IMAGE[TABLE] = (90, 70, 60)
SALIENCY = np.where(VASE, 0.9, 0.05).astype(np.float32)

SCENES = {
    "masks alone": Scene(),
    "the image": Scene(IMAGE),
    "the image and saliency": Scene(IMAGE, SALIENCY),
}


RIVALS = pytest.mark.parametrize(
    "rival", [WALL, TABLE, BACKDROP], ids=["wall", "table", "backdrop"]
)


def proposed(rival: Mask) -> list[Proposal]:
    return [Proposal(rival, 1.0, 1.0), Proposal(VASE, 0.85, 0.9), Proposal(FLOWER, 0.8, 0.9)]


@RIVALS
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
def test_what_is_behind_the_object_never_wins(rival: Mask, scene: Scene) -> None:
    assert choose(proposed(rival), ChooseConfig(), scene).index in (1, 2)


@RIVALS
def test_the_object_wins_against_its_part_where_all_is_known(rival: Mask) -> None:
    assert choose(proposed(rival), ChooseConfig(), Scene(IMAGE, SALIENCY)).index == 1


def test_the_wall_is_refused_by_its_evidence_and_not_by_a_limit() -> None:
    assert border_coverage(WALL) < ChooseConfig().max_border_coverage
    assert choose([Proposal(WALL, 1.0, 1.0)], ChooseConfig(min_score=0)).index == 0


def test_the_object_is_found_in_a_studio() -> None:
    proposals = [Proposal(BACKDROP, 1.0, 1.0), Proposal(VASE, 0.6, 0.8)]
    choice = choose(proposals, ChooseConfig(), Scene(IN_STUDIO, SALIENCY))
    assert (choice.index, choice.runner_up) == (1, None)


def test_a_studio_without_an_object_is_empty() -> None:
    everything = np.ones((90, 120), np.bool_)
    assert choose([Proposal(everything, 1.0, 1.0)], ChooseConfig(), Scene(IN_STUDIO)).index is None


def test_what_is_chosen_is_told_with_a_score_and_a_confidence() -> None:
    choice = choose([Proposal(VASE, 0.9, 0.95)], ChooseConfig(), Scene(IMAGE, SALIENCY))
    assert 0 < choice.score < 1
    assert 0 < choice.confidence < 1
