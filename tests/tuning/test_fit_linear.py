"""fit_linear: weights of linear evidence from examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from automask.image.evidence import NAMES
from automask.image.scorer import Linear, Term
from automask.tuning.fit_linear import RankingGroup, fit_logistic, fit_weights

Mask = NDArray[np.bool_]

# Logistic regression: what holds it, and what it does where nothing does.


def test_log_odds_are_those_that_were_counted() -> None:
    # Of four at 0 one is true, odds of 1 to 3; of four at 1 three are, 3 to 1: ln 3 = 1.09861.
    rows = np.array([0, 0, 0, 0, 1, 1, 1, 1])[:, None]
    truth = np.array([1, 0, 0, 0, 1, 1, 1, 0], np.bool_)
    fitted = free_intercept(rows, truth, np.ones(8), 1e-9, np.zeros(1))
    assert fitted == pytest.approx([2 * 1.09861, -1.09861], abs=1e-4)


def test_a_row_of_weight_3_counts_as_three() -> None:
    rows, truth = np.array([0, 0, 1, 1])[:, None], np.array([1, 0, 1, 0], np.bool_)
    fitted = free_intercept(rows, truth, np.array([1.0, 3, 3, 1]), 1e-9, np.zeros(1))
    assert fitted == pytest.approx([2 * 1.09861, -1.09861], abs=1e-4)


def free_intercept(
    rows: NDArray[np.float64], truth: Mask, weight: NDArray[np.float64], hold: float,
    held: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """`fit_logistic` with all weights held alike and the intercept not at all."""
    strengths = np.append(np.full(rows.shape[1], hold), 0.0)
    return fit_logistic(rows, truth, weight, strengths, np.append(held, 0.0))


def noise(seed: int, rows: int = 60, columns: int = 4) -> tuple[NDArray[np.float64], Mask]:
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, columns))
    return values, values[:, 0] + random.normal(size=rows) > 0.3


@pytest.mark.parametrize("hold", [0.1, 1.0, 10.0])
def test_the_weights_are_those_of_scikit_learn(hold: float) -> None:
    rows, truth = noise(0)
    weight = np.linspace(0.5, 2, len(rows))
    theirs = LogisticRegression(C=1 / hold, tol=1e-9).fit(rows, truth, sample_weight=weight)
    expected = [*theirs.coef_[0], theirs.intercept_[0]]
    assert free_intercept(rows, truth, weight, hold, np.zeros(4)) == pytest.approx(
        expected, abs=1e-4
    )


def test_with_a_strong_hold_weights_stay_where_they_were() -> None:
    rows, truth = noise(0)
    held = np.array([-1.0, 0.5, 2, 0])
    assert free_intercept(rows, truth, np.ones(60), 1e6, held)[:4] == pytest.approx(held, abs=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_weights_that_begin_far_off_come_to_the_same_end(seed: int) -> None:
    """At the end no weight wants to move: what the rows ask is what the hold refuses."""
    rows, truth = noise(seed)
    held = np.array([-6.0, 3, 3, -3])
    fitted = free_intercept(rows, truth, np.ones(60), 1.0, held)
    missing = truth - 1 / (1 + np.exp(-np.clip(rows @ fitted[:4] + fitted[4], -500, 500)))
    assert rows.T @ missing == pytest.approx(fitted[:4] - held, abs=1e-3)
    assert missing.sum() == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("answer", [True, False])
def test_where_all_rows_agree_the_odds_are_long_but_finite(answer: bool) -> None:
    rows, _ = noise(0)
    fitted = free_intercept(rows, np.full(60, answer), np.ones(60), 1.0, np.zeros(4))
    assert np.isfinite(fitted).all()
    assert (fitted[4] > 5) if answer else (fitted[4] < -5)


def test_an_intercept_that_is_held_stays_near_where_it_was() -> None:
    """Ten good masks and no bad one do not make every mask good."""
    rows, _ = noise(0, rows=10)
    fitted = fit_logistic(rows, np.ones(10, np.bool_), np.ones(10), np.ones(5), np.zeros(5))
    assert 0.5 < fitted[4] < 3


# The weights of the choice, by lists in which the best proposal has the least border.

BORDER, CENTRALITY = NAMES.index("border"), NAMES.index("centrality")


def least_border_wins(seed: int, images: int, weight: float = 1.0) -> list[RankingGroup]:
    """Five proposals an image, of random evidence."""
    random = np.random.default_rng(seed)
    tables = [random.normal(size=(5, len(NAMES))) for _ in range(images)]
    return [
        RankingGroup(t, np.where(t[:, BORDER] == t[:, BORDER].min(), 0.9, 0.1), weight)
        for t in tables
    ]


def mean_iou(linear: Linear, lists: Sequence[RankingGroup]) -> float:
    """Of the proposals that the weights choose."""
    return float(np.mean([each.ious[linear.logit(NAMES, each.table).argmax()] for each in lists]))


def standard(**weights: float) -> Linear:
    terms = {n: Term(mean=0, deviation=1, weight=weights.get(n, 0)) for n in NAMES}
    return Linear(terms=terms)


def test_a_rule_is_learnt_and_holds_for_other_images() -> None:
    fitted = fit_weights(least_border_wins(0, images=300), None)
    weights = {name: term.weight for name, term in fitted.terms.items()}
    assert min(weights, key=lambda name: weights[name]) == "border"
    assert mean_iou(fitted, least_border_wins(1, images=80)) > 0.8
    assert mean_iou(standard(), least_border_wins(1, images=80)) < 0.4  # the first of five


def test_the_evidence_becomes_log_odds_of_being_the_object() -> None:
    """One of five is, so that the chances of all add up to a fifth of them."""
    lists = least_border_wins(0, images=80)
    fitted = fit_weights(lists, None)
    chances = np.concatenate([1 / (1 + np.exp(-fitted.logit(NAMES, x.table))) for x in lists])
    assert chances.mean() == pytest.approx(0.2, abs=0.01)


def test_what_runs_against_the_truth_between_images_does_not_turn_the_choice_round() -> None:
    """In each image the larger of two is the object; images with larger masks have none."""
    area = NAMES.index("area")
    lists = []
    for image in range(20):
        table = np.zeros((2, len(NAMES)))
        table[:, area] = image / 20, image / 20 + 0.02
        lists.append(
            RankingGroup(table, np.array([0.0, 1.0]) if image < 5 else np.array([0.0, 0.1]))
        )
    fitted = fit_weights(lists, None)
    assert fitted.terms["area"].weight > 0
    assert all(fitted.logit(NAMES, each.table).argmax() == 1 for each in lists)


def test_without_weights_to_begin_with_features_are_standardised_by_what_was_seen() -> None:
    lists = least_border_wins(0, images=20)
    column = np.concatenate([each.table[:, BORDER] for each in lists])
    term = fit_weights(lists, None).terms["border"]
    assert (term.mean, term.deviation) == pytest.approx((column.mean(), column.std()))


def test_evidence_that_no_image_has_gets_no_weight() -> None:
    lists = least_border_wins(0, images=20)
    for each in lists:
        each.table[:, CENTRALITY] = np.nan
    fitted = fit_weights(lists, None)
    assert fitted.terms["centrality"].weight == 0
    assert fitted.terms["border"].weight < 0


@pytest.mark.parametrize(("images", "learnt"), [(8, False), (400, True)])
def test_few_images_leave_the_weights_that_one_begins_with(images: int, learnt: bool) -> None:
    fitted = fit_weights(least_border_wins(0, images), standard(centrality=1)).terms
    assert (-fitted["border"].weight > fitted["centrality"].weight) == learnt
    assert {(term.mean, term.deviation) for term in fitted.values()} == {(0, 1)}


def test_four_lists_of_a_quarter_count_as_a_whole_one() -> None:
    (one,), others = least_border_wins(0, images=1), least_border_wins(1, images=9)
    quarters = [RankingGroup(one.table, one.ious, 0.25)] * 4
    begin = standard()
    assert fit_weights([*quarters, *others], begin) == fit_weights([one, *others], begin)
