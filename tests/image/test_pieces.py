"""pieces: what does not touch is apart. Masks are drawn: # is on the mask, . is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pipeline_fakes import FakeProposer, photograph

from automask.config import RunConfig
from automask.image.pieces import in_pieces
from automask.image.pipeline import mask_image
from automask.image.sizes import at_size
from automask.records import Proposal

Mask = NDArray[np.bool_]


def drawn(*rows: str) -> Mask:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


TWO = drawn("##....", "##..##", "....##")
LEFT, RIGHT = drawn("##....", "##....", "......"), drawn("......", "....##", "....##")


def masks(*proposals: Proposal) -> list[list[list[bool]]]:
    return [piece.mask.tolist() for piece in in_pieces(proposals)]


def test_two_things_that_do_not_touch_are_two() -> None:
    assert masks(Proposal(TWO, 0.8, 0.9)) == [LEFT.tolist(), RIGHT.tolist()]


def test_a_piece_has_what_the_model_said_of_the_whole() -> None:
    said = [(p.predicted_iou, p.stability_score) for p in in_pieces([Proposal(TWO, 0.8, 0.9)])]
    assert said == [(0.8, 0.9), (0.8, 0.9)]


def test_one_thing_stays_as_it_is() -> None:
    whole = Proposal(LEFT, 0.8, 0.9)
    assert in_pieces([whole])[0] is whole


def test_what_touches_at_a_corner_is_one() -> None:
    corner = drawn("##..", "##..", "..##", "..##")
    assert len(in_pieces([Proposal(corner, 0.8, 0.9)])) == 1


def test_crumbs_are_lost() -> None:
    crumb = np.zeros((8, 8), np.bool_)
    crumb[:4, :4] = True  # 16 px; a piece of one is below a tenth of it
    crumb[7, 7] = True
    assert [p.mask.sum() for p in in_pieces([Proposal(crumb, 0.8, 0.9)])] == [16]


def test_an_empty_mask_stays_empty() -> None:
    assert masks(Proposal(np.zeros((2, 2), np.bool_), 0.8, 0.9)) == [[[False] * 2] * 2]


def test_a_piece_is_cut_as_fine_as_its_whole() -> None:
    """The whole is drawn twice as large with a notch that the small mask does not show."""
    fine = np.kron(TWO, np.ones((2, 2), np.bool_))
    fine[0, 0] = False
    left, right = in_pieces([Proposal(TWO, 0.8, 0.9, cut=lambda _: fine)])
    expected = np.kron(LEFT, np.ones((2, 2), np.bool_))
    expected[0, 0] = False
    assert at_size(left, fine.shape).tolist() == expected.tolist()
    assert (at_size(left, fine.shape) | at_size(right, fine.shape)).tolist() == fine.tolist()


class SeesTwoAsOne(FakeProposer):
    """Two squares that do not touch, in one mask."""

    def masks(self, shape: tuple[int, ...]) -> list[Mask]:
        both = np.zeros(shape[:2], np.bool_)
        both[2:4, 1:3] = both[2:4, 5:7] = True
        return [both]


@pytest.mark.parametrize(("split", "objects"), [(True, 2), (False, 1)])
def test_a_run_can_leave_them_together(split: bool, objects: int) -> None:
    config = RunConfig(
        input=Path("in"), output=Path("out"), objects={"wanted": "all", "split": split}
    )
    labels = mask_image(photograph(), SeesTwoAsOne(), config).labels
    assert labels is not None
    assert labels.max() == objects
    assert (labels > 0).sum() == 8
