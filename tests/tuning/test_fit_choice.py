"""fit_choice: weights of the evidence, learnt from photographs whose object is known."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_model import FakeModel
from numpy.typing import NDArray
from rich.console import Console

from automask.config import ChooseConfig, RunConfig
from automask.errors import UsageError
from automask.image.evidence import NAMES
from automask.image.scorer import CONFIDENCE_NAMES, Linear, Scorer, Term, scorer
from automask.labelled.folder import Labelled
from automask.records import Proposal, ProposalSet, Scene
from automask.tuning import fit_choice as fit_choice_module
from automask.tuning.fit_choice import (
    MADE_UP_WEIGHT,
    MIN_IMAGES,
    UNSTEADY,
    Fitted,
    fit_choice,
    print_fitted,
    write_scorer,
)
from automask.tuning.fit_linear import RankingGroup, fit_logistic, fit_weights

Mask = NDArray[np.bool_]
QUIET = Console(quiet=True)
CONFIG = RunConfig(input=Path("images"), output=Path("."))

# All of it, on little drawn photographs: a red object on a wall, and a table below.

ROWS, COLUMNS = np.mgrid[0:48, 0:64]


def photograph(number: int) -> Labelled:
    truth = np.hypot(ROWS - 20 - number % 3, COLUMNS - 24 - 2 * number) < 9 + number % 4
    image = np.where(truth[..., None], (200, 30, 30), (150, 170, 190)).astype(np.uint8)
    return Labelled(f"set_{number}.png", image, truth)


PHOTOGRAPHS = [photograph(number) for number in range(10)]


class FakeProposer(FakeModel):
    """The wall, of which it is surest, the object, half of it, and the table."""

    mask_side = 256

    def __init__(self, look_again_below: float = 0.0) -> None:
        self.look_again_below = look_again_below
        self.looked_again = 0

    def propose(self, image_rgb: NDArray[np.uint8]) -> ProposalSet:
        truth = image_rgb[..., 0] > image_rgb[..., 2]
        masks = (~truth & (ROWS < 40), truth, truth & (ROWS < 20), ROWS >= 40)
        proposals = [
            Proposal(mask, iou, 0.9) for mask, iou in zip(masks, (0.99, 0.9, 0.9, 0.9), strict=True)
        ]
        return ProposalSet(proposals, Scene(image_rgb), {"encode": 0.0, "decode": 0.0})

    def look_again(self, image_rgb: NDArray[np.uint8], mask: Mask) -> ProposalSet:
        assert mask.shape == image_rgb.shape[:2]
        self.looked_again += 1
        return ProposalSet([Proposal(mask, 0.9, 0.9)], Scene(), {"encode": 0.0, "decode": 0.0})


class SeesNothing(FakeProposer):
    def propose(self, image_rgb: NDArray[np.uint8]) -> ProposalSet:
        return ProposalSet([], Scene(image_rgb), {"encode": 0.0, "decode": 0.0})


def fitted_on(
    photographs: Sequence[Labelled] = PHOTOGRAPHS,
    proposer: FakeProposer | None = None,
    begin: Scorer | None = None,
) -> Fitted:
    return fit_choice(photographs, proposer or FakeProposer(), CONFIG, begin, QUIET)


def test_the_object_is_learnt_where_argmax_takes_the_wall() -> None:
    fitted = fitted_on()
    assert fitted.images == 10
    assert (fitted.argmax, fitted.before, fitted.oracle) == (0, None, 1)
    assert fitted.after == 1  # of photographs that were held out


def test_the_weights_say_what_they_were_fitted_on_and_name_everything() -> None:
    ours = fitted_on().scorer
    assert ours.fitted_on == "10 photographs, proposals of tiny"
    assert set(ours.choice.terms) == set(NAMES)
    assert set(ours.confidence.terms) == set(CONFIDENCE_NAMES)


def standard(**weights: float) -> Linear:
    terms = {n: Term(mean=0, deviation=1, weight=weights.get(n, 0)) for n in NAMES}
    return Linear(terms=terms)


def test_what_depends_on_where_points_were_asked_has_no_say_in_the_choice() -> None:
    terms = fitted_on().scorer.choice.terms
    assert {terms[name].weight for name in UNSTEADY} == {0}
    assert terms["border"].weight != 0


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


class LooksAway(FakeProposer):
    """Its second look is at all but the object: no run would believe it."""

    def look_again(self, image_rgb: NDArray[np.uint8], mask: Mask) -> ProposalSet:
        found = super().look_again(image_rgb, mask)
        wrong = [replace(p, mask=~p.mask, predicted_iou=0.1) for p in found.proposals]
        return replace(found, proposals=wrong)


def test_confidence_learns_of_the_mask_that_a_run_keeps(
    told_to_confidence: list[tuple[np.ndarray, np.ndarray]],
) -> None:
    fitted_on(proposer=LooksAway(look_again_below=0.8))
    fitted_on(proposer=FakeProposer(look_again_below=0.0))
    (away, away_weights), (never, never_weights) = told_to_confidence
    # What was refused is as if it had not been seen: not its mask, and not its predicted IoU.
    assert np.array_equal(away, never)
    assert np.array_equal(away_weights, never_weights)


def test_confidence_hears_a_tenth_of_choices_among_made_up_proposals(
    told_to_confidence: list[tuple[np.ndarray, np.ndarray]],
) -> None:
    fitted_on()
    ((_, weights),) = told_to_confidence
    assert sorted(weights) == [0.1] * 10 + [1.0] * 10


@pytest.fixture
def told_to_confidence(monkeypatch: pytest.MonkeyPatch) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each fit of a confidence whether the masks were good, and what each of them counts."""
    seen: list[tuple[np.ndarray, np.ndarray]] = []

    def spy(rows: Any, good: Any, weight: Any, *rest: Any) -> Any:
        seen.append((good, weight))
        return fit_logistic(rows, good, weight, *rest)

    monkeypatch.setattr(fit_choice_module, "fit_logistic", spy)
    return seen


@pytest.fixture
def weights_of_fits(monkeypatch: pytest.MonkeyPatch) -> list[list[float]]:
    """Of each fit of the choice the weights of its lists."""
    seen: list[list[float]] = []

    def watched(lists: Sequence[RankingGroup], begin: Linear | None) -> Linear:
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


def test_from_nothing_there_are_no_weights_that_it_began_with() -> None:
    nothing = Scorer(fitted_on="", choice=Linear(terms={}), confidence=Linear(terms={}))
    console = Console(file=io.StringIO(), width=80)
    print_fitted(console, Fitted(nothing, 10, before=None, after=0.625, argmax=0.25, oracle=0.75))
    assert "began with" not in console.file.getvalue()
