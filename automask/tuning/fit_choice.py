"""`automask develop fit-choice`: weights of the evidence from photographs whose object is known.

Fitted in this order:

1. The weights of the choice. The objective is the expected IoU of the chosen mask, with the softmax
   of the evidence as each proposal's probability (listwise, as in Cao et al., "Learning to rank:
   from pairwise approach to listwise approach", 2007). A ridge holds the weights near the initial
   ones, the more so the fewer the images: twenty move them a little. Synthetic proposals from the
   true masks (made_up.py) count a tenth, so that the weights do not fit one model alone.
2. Slope and intercept that make the evidence log odds of being the object (IoU >= 0.5).
3. The confidence: log odds that the chosen mask is good (IoU >= 0.8). Choices among synthetic
   proposals count a tenth here as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from automask.config import RunConfig
from automask.errors import UsageError
from automask.image.choose import confidence_evidence
from automask.image.closeup import pasted
from automask.image.evidence import NAMES, evidence
from automask.image.metrics import mask_iou
from automask.image.pipeline import locate
from automask.image.scorer import CONFIDENCE_NAMES, Linear, Scorer
from automask.image.second_look import Selection, second_look
from automask.image.sizes import resized, shrink
from automask.labelled.folder import Labelled
from automask.labelled.made_up import NoSecondLook, proposals_from_truth
from automask.records import Mask, ProposalSet, Proposer
from automask.system.files import write_atomic
from automask.tuning.fit_linear import (
    RankingGroup,
    blank,
    fit_logistic,
    fit_weights,
    weighted,
    weights_of,
)

GOOD_IOU = 0.8
# With 0.25 tiny's own masks are chosen 0.002 worse (IoU), with 0 the made-up ones 0.10 worse.
MADE_UP_WEIGHT = 0.1
HOLD_CONFIDENCE = 1.0
# The relation of a proposal to the others depends on the sampled points. With these in the choice
# few points gave the full grid's mask on 96.6 % of 116 photographs, without on 99.1 %, and masks
# were no better (0.836 against 0.835 IoU in cross-validation).
UNSTEADY = ("parts", "wholes", "explained")
FOLDS = 4
MIN_IMAGES = 8


@dataclass(frozen=True)
class Case:
    """One photograph with its proposals, at the size of the evidence."""

    photograph: Labelled
    found: ProposalSet
    listed: RankingGroup
    made_up: ProposalSet
    made_up_listed: RankingGroup


@dataclass(frozen=True)
class Fitted:
    """The fitted scorer, and its quality on held-out images."""

    scorer: Scorer
    images: int
    before: float | None  # mean IoU of the chosen proposal with the initial weights, if any
    after: float  # with weights fitted on the other folds
    argmax: float
    oracle: float


def fit_choice(
    photographs: Iterable[Labelled],
    proposer: Proposer,
    config: RunConfig,
    begin: Scorer | None,
    console: Console,
) -> Fitted:
    """Fit weights to photographs.

    Args:
        photographs: With their true masks.
        proposer: Makes the proposals.
        config: Of the run that will use the weights.
        begin: The initial weights, which the fit is held near; None: none.
        console: For progress.

    Returns:
        The scorer and its quality.

    Raises:
        UsageError: The model finds something in fewer than MIN_IMAGES photographs.
    """
    cases = _cases(photographs, proposer, console)
    if len(cases) < MIN_IMAGES:
        raise UsageError(f"{len(cases)} photographs with proposals: {MIN_IMAGES} is the least")
    choice = fit_weights(_lists(cases), begin.choice if begin else None)
    held_out = _by_folds(cases, begin)
    confidence = _fit_confidence(cases, held_out, proposer, config, begin)
    note = f"{len(cases)} photographs, proposals of {config.model}"
    return Fitted(
        scorer=Scorer(fitted_on=note, choice=choice, confidence=confidence),
        images=len(cases),
        before=_chosen(cases, [begin.choice] * len(cases)) if begin else None,
        after=_chosen(cases, held_out),
        argmax=float(np.mean([c.listed.ious[c.listed.table[:, 0].argmax()] for c in cases])),
        oracle=float(np.mean([c.listed.ious.max() for c in cases])),
    )


def write_scorer(file: Path, scorer: Scorer) -> None:
    """Write a scorer atomically, for `scorer` in scorer.py to read. Raises OSError."""
    write_atomic(file, (scorer.model_dump_json(indent=1) + "\n").encode())


def print_fitted(console: Console, fitted: Fitted) -> None:
    """Print the quality before and after, on held-out images."""
    table = Table("mean IoU of the chosen proposal", "", box=None)
    table.add_row("argmax of predicted IoU", f"{fitted.argmax:.3f}")
    if fitted.before is not None:
        table.add_row("initial weights", f"{fitted.before:.3f}")
    table.add_row(f"fitted, on images held out ({FOLDS} folds)", f"{fitted.after:.3f}")
    table.add_row("best proposal", f"{fitted.oracle:.3f}")
    console.print(f"fitted on {fitted.images} photographs")
    console.print(table)


def _cases(photographs: Iterable[Labelled], proposer: Proposer, console: Console) -> list[Case]:
    rng = np.random.default_rng(0)
    hidden = not console.is_terminal
    cases = []
    for photograph in track(photographs, "proposing", console=console, disable=hidden):
        image = shrink(photograph.image, proposer.max_side)
        found = proposer.propose(image)
        if found.proposals:
            cases.append(_case(photograph, image, found, rng))
    return cases


def _case(
    photograph: Labelled, image: NDArray[np.uint8], found: ProposalSet, rng: np.random.Generator
) -> Case:
    truth = resized(photograph.truth, found.proposals[0].mask.shape)
    made_up = replace(found, proposals=proposals_from_truth(truth, rng))
    bare = [replace(p, cut=None) for p in found.proposals]  # its logits are most of the memory
    return Case(
        photograph=Labelled(photograph.name, image, truth),
        found=replace(found, proposals=bare),
        listed=_listed(found, truth),
        made_up=made_up,
        made_up_listed=_listed(made_up, truth, MADE_UP_WEIGHT),
    )


def _listed(found: ProposalSet, truth: Mask, weight: float = 1.0) -> RankingGroup:
    table = evidence(found.proposals, found.scene).astype(np.float64)
    table[:, [NAMES.index(name) for name in UNSTEADY]] = np.nan
    return RankingGroup(table, np.array([mask_iou(p.mask, truth) for p in found.proposals]), weight)


def _lists(cases: Sequence[Case]) -> list[RankingGroup]:
    return [listed for case in cases for listed in (case.listed, case.made_up_listed)]


def _by_folds(cases: Sequence[Case], begin: Scorer | None) -> list[Linear]:
    """For each case the weights fitted on the other folds."""
    fitted = [
        fit_weights(_lists(_without(cases, fold)), begin.choice if begin else None)
        for fold in range(FOLDS)
    ]
    return [fitted[i % FOLDS] for i in range(len(cases))]


def _without(cases: Sequence[Case], fold: int) -> list[Case]:
    return [case for i, case in enumerate(cases) if i % FOLDS != fold]


def _chosen(cases: Sequence[Case], weights: Sequence[Linear]) -> float:
    """Mean IoU of the proposals with the most evidence."""
    picked = [
        own.logit(NAMES, case.listed.table).argmax()
        for case, own in zip(cases, weights, strict=True)
    ]
    return float(np.mean([c.listed.ious[i] for c, i in zip(cases, picked, strict=True)]))


def _fit_confidence(
    cases: Sequence[Case],
    held_out: Sequence[Linear],
    proposer: Proposer,
    config: RunConfig,
    begin: Scorer | None,
) -> Linear:
    """Fit the confidence to choices by weights fitted without the image, second look included."""
    samples = [
        t for c, w in zip(cases, held_out, strict=True) for t in _samples(c, w, proposer, config)
    ]
    if sum(one.weight == 1 for one in samples) < MIN_IMAGES:
        raise UsageError(
            f"an object was chosen on {sum(one.weight == 1 for one in samples)} photographs: "
            f"{MIN_IMAGES} is the least"
        )
    table = np.array([[one.known.get(n, np.nan) for n in CONFIDENCE_NAMES] for one in samples])
    good = np.array([one.iou >= GOOD_IOU for one in samples])
    linear = begin.confidence if begin else blank(CONFIDENCE_NAMES, table)
    standard = linear.standardised(CONFIDENCE_NAMES, table)
    held = np.append(weights_of(linear, CONFIDENCE_NAMES), linear.intercept)
    hold = np.full(len(held), HOLD_CONFIDENCE)
    counts = np.array([one.weight for one in samples])
    weights = fit_logistic(standard, good, counts, hold, held)
    return weighted(linear, CONFIDENCE_NAMES, weights[:-1], weights[-1])


@dataclass(frozen=True)
class ConfidenceSample:
    """A choice, and the quality of its mask."""

    known: dict[str, float]  # the inputs of the confidence
    iou: float  # of the mask, with the true one
    weight: float


def _samples(
    case: Case, own: Linear, proposer: Proposer, config: RunConfig
) -> list[ConfidenceSample]:
    """The choices among the model's proposals and among synthetic ones, without a second look.

    Empty where nothing was chosen.
    """
    image = case.photograph.image
    once = NoSecondLook(proposer)
    selection = locate(image, case.found, once, config, weights=own)
    if proposer.look_again_below > 0:
        selection = second_look(selection, image, proposer, config, weights=own)
    made_up = locate(image, case.made_up, once, config, weights=own)
    both = ((selection, 1.0), (made_up, MADE_UP_WEIGHT))
    return [_outcome(case, of, weight) for of, weight in both if of.closeup is not None]


def _outcome(case: Case, selection: Selection, weight: float) -> ConfidenceSample:
    assert selection.closeup is not None
    truth = case.photograph.truth
    mask = pasted(selection.closeup, case.photograph.image.shape, truth.shape)
    known = confidence_evidence(selection.choice, selection.seen_iou)
    return ConfidenceSample(known, mask_iou(mask, truth), weight)
