"""Large photographs are worked on smaller; what was not changed keeps its finer outline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from automask.review.photographs import Recent, enlarged


def test_only_what_a_person_changed_is_drawn_at_the_smaller_size() -> None:
    full = np.zeros((40, 40), np.uint16)
    full[3:17, 3:17] = 1  # an outline finer than the smaller labels can tell
    before = np.zeros((10, 10), np.uint16)
    before[1:4, 1:4] = 1
    after = before.copy()
    after[8, 8] = 1
    whole = enlarged(before, after, full, (40, 40))
    assert (whole[:24, :24] == full[:24, :24]).all()
    assert whole[32:36, 32:36].all()
    assert whole.sum() == full.sum() + 16


def test_without_a_mask_before_the_drawing_is_enlarged() -> None:
    after = np.zeros((10, 10), np.uint16)
    after[2:4, 5] = 7
    whole = enlarged(np.zeros_like(after), after, None, (20, 20))
    assert (whole[4:8, 10:12] == 7).all()
    assert (whole > 0).sum() == 8


def test_a_photograph_that_is_shown_whole_is_kept_as_drawn() -> None:
    after = np.eye(5, dtype=np.uint16)
    assert enlarged(np.zeros_like(after), after, np.ones_like(after), (5, 5)) is after


def test_the_last_few_are_kept() -> None:
    made: list[str] = []

    def make(key: str) -> str:
        made.append(key)
        return key.upper()

    recent = Recent(make, 2)
    assert [recent(key) for key in "abab"] == ["A", "B", "A", "B"]
    recent("c")
    assert ("a" in recent, "b" in recent, "c" in recent) == (False, True, True)
    recent.forget("c")
    recent("c")
    assert made == ["a", "b", "c", "c"]


def test_what_cannot_be_made_is_not_kept() -> None:
    def make(key: str) -> Path:
        raise OSError(key)

    recent = Recent(make, 2)
    for _ in range(2):
        with pytest.raises(OSError, match="a"):
            recent("a")
    assert "a" not in recent
