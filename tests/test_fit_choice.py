"""fit_choice: weights of the evidence, learnt from photographs whose object is known."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console
from sklearn.linear_model import LogisticRegression

from automask import fit_choice as fit_choice_module
from automask.config import ChooseConfig, RunConfig
from automask.errors import UsageError
from automask.fit_choice import (
    MADE_UP_WEIGHT,
    MIN_IMAGES,
    Fitted,
    Listed,
    fit_choice,
    fit_logistic,
    fit_weights,
    print_fitted,
    write_scorer,
)
from automask.image.evidence import NAMES
from automask.image.scorer import CONFIDENCE_NAMES, Linear, Scorer, Term, scorer
from automask.labelled import Labelled
from automask.records import Found, Proposal, Scene

Mask = NDArray[np.bool_]
QUIET = Console(quiet=True)
CONFIG = RunConfig(input=Path("images"), output=Path("."))

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


def least_border_wins(seed: int, images: int, weight: float = 1.0) -> list[Listed]:
    """Five proposals an image, of random evidence."""
    random = np.random.default_rng(seed)
    tables = [random.normal(size=(5, len(NAMES))) for _ in range(images)]
    return [
        Listed(t, np.where(t[:, BORDER] == t[:, BORDER].min(), 0.9, 0.1), weight) for t in tables
    ]


def mean_iou(linear: Linear, lists: Sequence[Listed]) -> float:
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
        lists.append(Listed(table, np.array([0.0, 1.0]) if image < 5 else np.array([0.0, 0.1])))
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
    quarters = [Listed(one.table, one.ious, 0.25)] * 4
    begin = standard()
    assert fit_weights([*quarters, *others], begin) == fit_weights([one, *others], begin)


# All of it, on little drawn photographs: a red object on a wall, and a table below.

ROWS, COLUMNS = np.mgrid[0:48, 0:64]


def photograph(number: int) -> Labelled:
    truth = np.hypot(ROWS - 20 - number % 3, COLUMNS - 24 - 2 * number) < 9 + number % 4
    image = np.where(truth[..., None], (200, 30, 30), (150, 170, 190)).astype(np.uint8)
    return Labelled(f"set_{number}.png", image, truth)


PHOTOGRAPHS = [photograph(number) for number in range(10)]


class FakeProposer:
    """The wall, of which it is surest, the object, half of it, and the table."""

    max_side, mask_side = 0, 256

    def __init__(self, look_again_below: float = 0.0) -> None:
        self.look_again_below = look_again_below
        self.looked_again = 0

    def propose(self, image_rgb: NDArray[np.uint8]) -> Found:
        truth = image_rgb[..., 0] > image_rgb[..., 2]
        masks = (~truth & (ROWS < 40), truth, truth & (ROWS < 20), ROWS >= 40)
        proposals = [
            Proposal(mask, iou, 0.9) for mask, iou in zip(masks, (0.99, 0.9, 0.9, 0.9), strict=True)
        ]
        return Found(proposals, Scene(image_rgb), {"encode": 0.0, "decode": 0.0})

    def look_again(self, image_rgb: NDArray[np.uint8], mask: Mask) -> Found:
        assert mask.shape == image_rgb.shape[:2]
        self.looked_again += 1
        return Found([Proposal(mask, 0.9, 0.9)], Scene(), {"encode": 0.0, "decode": 0.0})


class SeesNothing(FakeProposer):
    def propose(self, image_rgb: NDArray[np.uint8]) -> Found:
        return Found([], Scene(image_rgb), {"encode": 0.0, "decode": 0.0})


def fitted_on(
    photographs: Sequence[Labelled] = PHOTOGRAPHS,
    proposer: FakeProposer | None = None,
    begin: Scorer | None = None,
) -> Fitted:
    return fit_choice(photographs, proposer or FakeProposer(), CONFIG, begin, QUIET)


def test_the_object_is_learnt_where_argmax_takes_the_wall() -> None:
    fitted = fitted_on()
    assert fitted.images == 10
    assert (fitted.argmax, fitted.before, fitted.oracle) == (0, 0, 1)
    assert fitted.after == 1  # of photographs that were held out


def test_the_weights_say_what_they_were_fitted_on_and_name_everything() -> None:
    ours = fitted_on().scorer
    assert ours.fitted_on == "10 photographs, proposals of tiny"
    assert set(ours.choice.terms) == set(NAMES)
    assert set(ours.confidence.terms) == set(CONFIDENCE_NAMES)


def test_before_is_what_the_weights_chose_that_it_began_with() -> None:
    confidence = Linear(
        terms={name: Term(mean=0, deviation=1, weight=0) for name in CONFIDENCE_NAMES}
    )
    # Object and half of it are all that is off the border; the object is the larger.
    begin = Scorer(fitted_on="", choice=standard(border=-100, area=1), confidence=confidence)
    assert fitted_on(begin=begin).before == 1


def test_the_same_photographs_give_the_same_weights() -> None:
    assert fitted_on() == fitted_on()


@pytest.mark.parametrize(("below", "looks"), [(0.0, 0), (0.8, 10)])
def test_the_model_looks_again_where_a_run_would(below: float, looks: int) -> None:
    proposer = FakeProposer(look_again_below=below)
    fitted_on(proposer=proposer)
    assert proposer.looked_again == looks


@pytest.fixture
def weights_of_fits(monkeypatch: pytest.MonkeyPatch) -> list[list[float]]:
    """Of each fit of the choice the weights of its lists."""
    seen: list[list[float]] = []

    def watched(lists: Sequence[Listed], begin: Linear | None) -> Linear:
        seen.append([each.weight for each in lists])
        return fit_weights(lists, begin)

    monkeypatch.setattr(fit_choice_module, "fit_weights", watched)
    return seen


def test_made_up_proposals_count_less_than_the_model_s(weights_of_fits: list[list[float]]) -> None:
    fitted_on()
    assert 0 < MADE_UP_WEIGHT < 1
    assert weights_of_fits[0] == [1.0, MADE_UP_WEIGHT] * 10


def test_each_photograph_is_held_out_of_one_fit_of_four(weights_of_fits: list[list[float]]) -> None:
    fitted_on()
    assert [weights.count(1.0) for weights in weights_of_fits] == [10, 10 - 3, 10 - 3, 8, 8]


@pytest.mark.parametrize(
    ("photographs", "proposer", "found"),
    [
        (PHOTOGRAPHS[: MIN_IMAGES - 1], FakeProposer(), MIN_IMAGES - 1),
        (PHOTOGRAPHS, SeesNothing(), 0),
        ([], FakeProposer(), 0),
    ],
    ids=["too few", "nothing found", "none"],
)
def test_too_few_photographs_are_refused(
    photographs: list[Labelled], proposer: FakeProposer, found: int
) -> None:
    message = f"{found} photographs with proposals: {MIN_IMAGES} is the least"
    with pytest.raises(UsageError, match=message):
        fitted_on(photographs, proposer)


def test_where_next_to_nothing_is_chosen_there_is_no_confidence_to_fit() -> None:
    config = CONFIG.model_copy(update={"choose": ChooseConfig(min_score=1.0)})
    with pytest.raises(UsageError, match="an object was chosen on 0 photographs"):
        fit_choice(PHOTOGRAPHS, FakeProposer(), config, None, QUIET)


def test_any_iterable_of_photographs_will_do() -> None:
    def one_after_another() -> Iterator[Labelled]:
        yield from PHOTOGRAPHS

    assert fit_choice(one_after_another(), FakeProposer(), CONFIG, None, QUIET) == fitted_on()


# What is written and shown.


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    ours = fitted_on().scorer
    write_scorer(tmp_path / "ours.json", ours)
    assert scorer(tmp_path / "ours.json") == ours
    assert (tmp_path / "ours.json").read_text().endswith("}\n")


def test_the_table_says_what_it_is_worth() -> None:
    nothing = Scorer(fitted_on="", choice=Linear(terms={}), confidence=Linear(terms={}))
    console = Console(file=io.StringIO(), width=80)
    print_fitted(console, Fitted(nothing, 10, before=0.5, after=0.625, argmax=0.25, oracle=0.75))
    lines = console.file.getvalue().splitlines()
    assert lines[0] == "fitted on 10 photographs"
    assert [line.split()[-1] for line in lines[2:]] == ["0.250", "0.500", "0.625", "0.750"]
