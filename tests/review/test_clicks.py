"""What a click changes: the region that was clicked, nothing on the other side."""

from __future__ import annotations

import numpy as np

from automask.review.clicks import Clicks, fits, merged_at, readings


def drawn(text: str) -> np.ndarray:
    return np.array([[letter == "#" for letter in text]])


NOW = drawn("##...##..")
#                add here: 3        the model takes the right part away, too
ANSWER = drawn("#####....")


def test_a_click_beside_the_mask_adds_the_region_there() -> None:
    clicks = Clicks([(3, 0, True)], current=NOW)
    assert (merged_at(clicks, ANSWER) == drawn("#######..")).all()


def test_a_click_in_the_mask_takes_the_region_there_away() -> None:
    clicks = Clicks([(3, 0, True), (5, 0, False)], current=NOW)
    assert (merged_at(clicks, ANSWER) == drawn("##.......")).all()


def test_where_the_answer_does_not_change_what_was_clicked_nothing_changes() -> None:
    clicks = Clicks([(8, 0, True)], current=NOW)
    assert (merged_at(clicks, ANSWER) == NOW).all()


def test_without_a_mask_in_hand_the_answer_is_the_mask() -> None:
    for current in (None, np.zeros_like(NOW)):
        assert (merged_at(Clicks([(3, 0, True)], current=current), ANSWER) == ANSWER).all()


def test_a_box_is_answered_whole() -> None:
    clicks = Clicks([], (0, 0, 9, 1), NOW)
    assert (merged_at(clicks, ANSWER) == ANSWER).all()


def test_an_answer_may_be_meant_whole_or_for_the_place_alone() -> None:
    clicks = Clicks([(3, 0, True)], current=NOW)
    other = drawn("#........")
    read = [("".join(".#"[int(v)] for v in m[0]), n) for m, n in readings(clicks, [ANSWER, other])]
    assert read == [("#######..", None), ("#####....", 0), ("#........", 1)]


def test_without_a_mask_in_hand_the_answers_are_all_there_is() -> None:
    clicks = Clicks([(3, 0, True)])
    assert [n for _, n in readings(clicks, [ANSWER, ANSWER.copy(), NOW])] == [0, 2]


def test_what_a_run_proposes_comes_first_where_the_answer_did_not_hear_the_click() -> None:
    proposed = drawn("...####..")
    heard = Clicks([(3, 0, True)], current=NOW)
    unheard = Clicks([(8, 0, True)], current=NOW)
    assert (readings(heard, [ANSWER], proposed)[-1][0] == proposed).all()
    assert (readings(unheard, [ANSWER], proposed)[0][0] == proposed).all()


def test_a_proposal_fits_the_clicks_whatever_its_size() -> None:
    half = drawn("#..")  # of nine px
    assert fits(half, Clicks([(2, 0, True), (4, 0, False)]), (1, 9))
    assert not fits(half, Clicks([(2, 0, True), (1, 0, False)]), (1, 9))
