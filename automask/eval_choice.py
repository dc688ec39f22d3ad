"""`automask eval-choice`: how good a rule of choice is, against true masks.

Every rule chooses among the same proposals of each photograph, and its mask is refined like that
of a run, so that the rules differ in nothing else. The oracle is the best proposal there is.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from automask.api import proposer_for
from automask.config import RunConfig
from automask.image.choose import area_fraction, border_coverage, choose
from automask.image.pipeline import at_size, shrink
from automask.image.refine import refine
from automask.labelled import Labelled, dataset_of
from automask.made_up import proposals_from_truth
from automask.metrics import boundary_f, mask_iou
from automask.progress import shown
from automask.records import Mask, Proposal
from automask.runner import LOW_CONFIDENCE

ProposalSource = Callable[[NDArray[np.uint8], Mask], list[Proposal]]
GOOD_IOU, BAD_IOU = 0.9, 0.5


@dataclass(frozen=True)
class Row:
    """IoU with the true mask by each rule, for one image."""

    image: str
    dataset: str  # see dataset_of
    proposals: int
    chosen: float
    argmax: float  # highest predicted IoU
    largest: float  # largest mask that does not touch the border
    oracle: float  # best proposal there is
    boundary: float  # boundary F-score of the chosen mask, see metrics.py
    confidence: float
    score: float
    flags: str


RULES = ("chosen", "argmax", "largest", "oracle")


def evaluate(
    config: RunConfig,
    photographs: Iterable[Labelled],
    console: Console,
    propose: ProposalSource | None = None,
) -> list[Row]:
    """A row for each photograph. propose: gives the proposals; None: the config's model."""
    propose = propose or from_model(config)
    hidden = not console.is_terminal
    return [
        row_of(photograph, propose(photograph.image, photograph.truth), config)
        for photograph in track(photographs, "evaluating", console=console, disable=hidden)
    ]


def from_model(config: RunConfig) -> ProposalSource:
    """The proposals that a run with this config would choose among."""
    proposer = proposer_for(config)
    return lambda image, _truth: proposer.propose(shrink(image, proposer.max_side))[0]


def from_truth(seed: int = 0) -> ProposalSource:
    """Proposals made up from the true mask, see made_up.py."""
    rng = np.random.default_rng(seed)
    return lambda _image, truth: proposals_from_truth(truth, rng)


def row_of(photograph: Labelled, proposals: list[Proposal], config: RunConfig) -> Row:
    """What each rule would choose among the proposals, against the truth."""
    truth = photograph.truth
    choice = choose(proposals, config.choose)

    def iou_of(index: int | None) -> float:
        return mask_iou(_finished(proposals, index, truth.shape, config), truth)

    return Row(
        image=photograph.name,
        dataset=dataset_of(Path(photograph.name).stem),
        proposals=len(proposals),
        chosen=iou_of(choice.index),
        argmax=iou_of(argmax_predicted_iou(proposals)),
        largest=iou_of(largest_inside(proposals)),
        oracle=max((iou_of(i) for i in range(len(proposals))), default=iou_of(None)),
        boundary=boundary_f(_finished(proposals, choice.index, truth.shape, config), truth),
        confidence=choice.confidence,
        score=choice.score,
        flags=" ".join(choice.flags),
    )


def _finished(
    proposals: Sequence[Proposal], index: int | None, shape: tuple[int, ...], config: RunConfig
) -> Mask:
    mask = at_size(None if index is None else proposals[index], shape)
    return refine(mask, config.refine.hole_fraction, config.refine.island_fraction)


def argmax_predicted_iou(proposals: Sequence[Proposal]) -> int | None:
    """The usual rule: the proposal that the model itself scores highest."""
    return max(range(len(proposals)), key=lambda i: proposals[i].predicted_iou, default=None)


def largest_inside(proposals: Sequence[Proposal]) -> int | None:
    """The largest proposal that does not touch the border; the largest of all if each one does."""
    inside = [i for i, p in enumerate(proposals) if border_coverage(p.mask) == 0]
    return max(
        inside or range(len(proposals)),
        key=lambda i: area_fraction(proposals[i].mask),
        default=None,
    )


def write_csv(file: Path, rows: Iterable[Row]) -> None:
    with file.open("w", newline="", encoding="utf-8", errors="backslashreplace") as target:
        writer = csv.DictWriter(target, [f.name for f in fields(Row)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def print_table(console: Console, rows: Sequence[Row]) -> None:
    """By data set and together: mean IoU of each rule; of the chosen masks the outlines' F-score,
    and the shares of good and bad ones.
    """
    shares = ("boundary F", "chosen > 0.9", "chosen < 0.5")
    table = Table("data set", "images", *RULES, *shares, box=None)
    by_dataset: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_dataset[row.dataset].append(row)
    groups: list[tuple[str, Sequence[Row]]] = sorted(by_dataset.items())
    for name, group in [*groups, ("all", rows)] if len(groups) > 1 else groups:
        table.add_row(shown(name), str(len(group)), *_figures(group))
    console.print(table)
    for line in _confidence_lines(rows):
        console.print(line)


def _confidence_lines(rows: Sequence[Row]) -> list[str]:
    """What confidence is worth: mean IoU of the chosen masks above and below LOW_CONFIDENCE."""
    sure = [row.chosen for row in rows if row.confidence >= LOW_CONFIDENCE]
    unsure = [row.chosen for row in rows if row.confidence < LOW_CONFIDENCE]
    named = ((f"{LOW_CONFIDENCE} and more", sure), (f"below {LOW_CONFIDENCE}", unsure))
    return [
        f"confidence {name}: {len(ious)} images, mean IoU of the chosen mask {np.mean(ious):.3f}"
        for name, ious in named
        if ious
    ]


def _figures(rows: Sequence[Row]) -> list[str]:
    means = [
        f"{np.mean([getattr(row, rule) for row in rows]):.3f}" for rule in (*RULES, "boundary")
    ]
    chosen: NDArray[Any] = np.array([row.chosen for row in rows])
    shares = [(chosen > GOOD_IOU).mean(), (chosen < BAD_IOU).mean()]
    return means + [f"{share:.0%}" for share in shares]
