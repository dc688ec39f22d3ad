"""scorer: named evidence becomes one number, by weights in a file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automask.config import ChooseConfig
from automask.errors import ConfigError
from automask.image.evidence import NAMES
from automask.image.scorer import (
    CONFIDENCE_NAMES,
    FAR,
    Linear,
    Scorer,
    Term,
    logistic,
    scorer,
    scorer_sha256,
)

SHIPPED = ChooseConfig().fitted
NOTHING = Linear(terms={})


def term(mean: float = 0, deviation: float = 1, weight: float = 1) -> Term:
    return Term(mean=mean, deviation=deviation, weight=weight)


# A weighted sum of standardised features.

AREA_AND_BORDER = Linear(
    intercept=0.5,
    terms={"area": term(mean=2, deviation=4, weight=3), "border": term(mean=1, weight=-1)},
)


def test_a_feature_counts_by_its_distance_from_the_mean_in_deviations_times_its_weight() -> None:
    # (10 - 2) / 4 = 2 deviations by 3, and (3 - 1) / 1 = 2 by -1: 0.5 + 6 - 2.
    assert AREA_AND_BORDER.logit(["area", "border"], np.array([[10.0, 3.0]])) == [4.5]


def test_each_row_is_a_proposal() -> None:
    values = np.array([[2.0, 1.0], [6.0, 1.0], [2.0, 2.0]])
    assert AREA_AND_BORDER.logit(["area", "border"], values).tolist() == [0.5, 3.5, -0.5]


def test_columns_go_by_their_names() -> None:
    assert AREA_AND_BORDER.logit(["border", "area"], np.array([[3.0, 10.0]])) == [4.5]


def test_a_feature_without_a_term_counts_nothing() -> None:
    assert AREA_AND_BORDER.logit(["area", "parts"], np.array([[10.0, 99.0]])) == [6.5]


def test_what_is_not_known_counts_nothing() -> None:
    assert AREA_AND_BORDER.logit(["area", "border"], np.array([[np.nan, 3.0]])) == [-1.5]


def test_what_is_not_known_is_as_the_mean() -> None:
    standardised = AREA_AND_BORDER.standardised(["area", "border"], np.array([[np.nan, 3.0]]))
    assert standardised.tolist() == [[0, 2]]


def test_no_proposals_have_no_logits() -> None:
    assert AREA_AND_BORDER.logit(NAMES, np.zeros((0, len(NAMES)))).shape == (0,)


# Log odds as a chance.


def test_even_odds_are_one_half_and_log_odds_of_1_are_073() -> None:
    assert logistic(np.array([-1.0, 0.0, 1.0])) == pytest.approx([0.26894, 0.5, 0.73106], abs=1e-5)


def test_no_log_odds_are_too_large() -> None:
    with np.errstate(over="raise", invalid="raise"):
        assert logistic(np.array([-1e300, -1e4, 1e4, 1e300])).tolist() == [0, 0, 1, 1]


def test_sureness_is_the_chance_by_the_confidence_s_weights() -> None:
    # (0.75 - 0.5) / 0.25 = 1 deviation of the score above its mean.
    confidence = Linear(terms={"score": term(mean=0.5, deviation=0.25)})
    ours = Scorer(fitted_on="", choice=NOTHING, confidence=confidence)
    assert ours.sureness({"score": 0.75}) == pytest.approx(0.73106, abs=1e-5)


def test_sureness_goes_by_the_intercept_where_nothing_is_known() -> None:
    confidence = Linear(intercept=-1, terms={"second_look_iou": term(mean=0.5, weight=5)})
    ours = Scorer(fitted_on="", choice=NOTHING, confidence=confidence)
    assert ours.sureness({}) == pytest.approx(0.26894, abs=1e-5)


def test_what_is_farther_out_than_anything_seen_says_no_more() -> None:
    ours = Linear(terms={"area": term(mean=0.5, deviation=0.1)})
    values = np.array([[0.8], [0.9], [100.0], [-100.0]])  # 3, 4, 995 and -1005 deviations
    assert ours.logit(["area"], values).tolist() == pytest.approx([FAR, FAR, FAR, -FAR])


# Other weights for some of the evidence.

OURS = Scorer(fitted_on="two photographs", choice=AREA_AND_BORDER, confidence=AREA_AND_BORDER)


def test_a_weight_that_is_named_takes_the_place_of_the_file_s() -> None:
    terms = OURS.weighted({"area": 7}).choice.terms
    assert terms == {
        "area": term(mean=2, deviation=4, weight=7),
        "border": term(mean=1, weight=-1),
    }


def test_nothing_else_is_replaced() -> None:
    other = OURS.weighted({"area": 7})
    assert other.choice.intercept == 0.5
    assert (other.fitted_on, other.confidence) == (OURS.fitted_on, OURS.confidence)
    assert OURS.choice == AREA_AND_BORDER
    assert OURS.weighted({}) == OURS


def test_a_weight_of_no_evidence_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(
        ConfigError, match=r"no evidence is named beauty, luck; there is area, border"
    ):
        OURS.weighted({"luck": 1, "beauty": 2, "area": 3})


# Files.


def text(**changes: Any) -> str:
    """A file of weights that is fine but for the changes."""
    linear = {"intercept": 0, "terms": {"area": {"mean": 0, "deviation": 1, "weight": 2}}}
    whole = {"fitted_on": "a test", "choice": linear, "confidence": linear}
    return json.dumps({**whole, **changes})


def with_term(**changes: float) -> str:
    values = {"mean": 0, "deviation": 1, "weight": 2}
    return text(choice={"terms": {"area": {**values, **changes}}})


def test_a_file_gives_its_scorer(tmp_path: Path) -> None:
    (tmp_path / "ours.json").write_text(text())
    ours = scorer(tmp_path / "ours.json")
    assert ours.fitted_on == "a test"
    assert ours.choice == Linear(terms={"area": term(weight=2)})


def test_a_file_with_other_weights_for_some_of_it(tmp_path: Path) -> None:
    (tmp_path / "ours.json").write_text(text())
    ours = scorer(tmp_path / "ours.json", (("area", 5.0),))
    assert ours.choice.terms["area"].weight == 5


def test_weights_of_no_evidence_are_refused_with_any_file() -> None:
    with pytest.raises(ConfigError, match=r"choose\.weights: no evidence is named beauty"):
        scorer(SHIPPED, (("beauty", 1.0),))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*none\.json: No such file"):
        scorer(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "Invalid JSON"),
        (text()[:-20], "Invalid JSON"),
        (text(confidence=None), "confidence"),
        (text(surprise=1), "surprise"),
        (with_term(weight=float("nan")), "weight"),
        (with_term(mean=float("inf")), "mean"),
        (with_term(deviation=0), "deviation"),
        (with_term(deviation=-1), "deviation"),
    ],
    ids=["empty", "cut off", "half", "more", "NaN", "infinite", "deviation 0", "deviation -1"],
)
def test_a_file_that_holds_no_weights_is_named_with_its_fault(
    tmp_path: Path, content: str, fault: str
) -> None:
    (tmp_path / "ours.json").write_text(content)
    with pytest.raises(ConfigError, match=rf"(?s)ours\.json holds no weights.*{fault}"):
        scorer(tmp_path / "ours.json")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "ours.json").write_bytes(b"\x89PNG\xff")
    with pytest.raises(ConfigError, match=r"ours\.json holds no weights"):
        scorer(tmp_path / "ours.json")


# What a run's settings are digested with, so that a file that was fitted anew is noticed.


def test_the_digest_is_of_what_is_in_the_file(tmp_path: Path) -> None:
    for name, content in (("a.json", text()), ("b.json", text()), ("c.json", with_term(mean=1))):
        (tmp_path / name).write_text(content)
    first, same, other = (scorer_sha256(tmp_path / f"{name}.json") for name in "abc")
    assert first == same == hashlib.sha256(text().encode()).hexdigest()
    assert first != other


def test_the_digest_of_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*none\.json: No such file"):
        scorer_sha256(tmp_path / "none.json")


# The weights that come with automask.


def test_the_shipped_weights_are_of_all_the_evidence_there_is() -> None:
    shipped = scorer(SHIPPED)
    assert set(shipped.choice.terms) == set(NAMES)
    assert set(shipped.confidence.terms) == set(CONFIDENCE_NAMES)


def test_the_shipped_weights_are_finite_and_not_all_of_them_0() -> None:
    shipped = scorer(SHIPPED)
    for linear in (shipped.choice, shipped.confidence):
        weights = [linear.intercept, *(t.weight for t in linear.terms.values())]
        assert np.isfinite(weights).all()
        assert np.any(weights)


def test_a_term_that_is_no_evidence_of_this_version_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    file.write_text(text(choice={"terms": {"beauty": {"mean": 0, "deviation": 1, "weight": 1}}}))
    with pytest.raises(ConfigError, match=r"old\.json holds no weights(.|\n)*named beauty; fit it"):
        scorer(file)
