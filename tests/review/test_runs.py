"""A mask on its way between server and page."""

from __future__ import annotations

import numpy as np
import pytest

from automask.review.runs import from_runs, to_runs

MASK = np.array([[0, 0, 1], [1, 1, 0]], bool)


def test_the_lengths_of_runs_row_by_row_background_first() -> None:
    assert to_runs(MASK) == [2, 3, 1]
    assert to_runs(~MASK) == [0, 2, 3, 1]
    assert to_runs(np.zeros((2, 3), bool)) == [6]
    assert to_runs(np.ones((2, 3), bool)) == [0, 6]


def test_a_mask_comes_back_from_its_runs() -> None:
    for mask in (MASK, ~MASK, np.zeros((2, 3), bool), np.ones((2, 3), bool)):
        assert (from_runs(to_runs(mask), (2, 3)) == mask).all()


@pytest.mark.parametrize("runs", [[], [5], [7], [-1, 7], [2, 3, 1, 1]])
def test_runs_that_do_not_add_up_are_refused(runs: list[int]) -> None:
    with pytest.raises(ValueError, match="do not add up to 3 x 2 px"):
        from_runs(runs, (2, 3))
