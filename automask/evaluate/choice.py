"""`automask develop eval-choice`: rules of choice measured against true masks.

Every rule chooses among the same proposals of each photograph, and its mask has holes filled and
islands dropped, so that the rules differ in nothing else. The oracle is the best proposal there is.
What a run does after the choice, second look and outline, is reported separately.
"""

from __future__ import annotations

import csv
import io
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from automask.api import proposer_for
from automask.config import RefineConfig, RunConfig
from automask.evaluate.trust import trust
from automask.evaluate.wording import trust_lines
from automask.image.choose import choose, flags_of
from automask.image.metrics import boundary_f, mask_iou
from automask.image.pipeline import locate
from automask.image.ranking import area_fraction, border_coverage
from automask.image.refine import cleaned, refine
from automask.image.sizes import at_size, shrink
from automask.labelled.folder import Labelled, dataset_of
from automask.labelled.made_up import NoSecondLook, proposals_from_truth
from automask.records import LOW_CONFIDENCE, Proposal, ProposalSet, Proposer, Scene
from automask.show.console import shown
from automask.show.spreadsheet import cells
from automask.system.files import write_text

GOOD_IOU, BAD_IOU = 0.9, 0.5
BACKDROP_IOU = 0.5  # IoU with the background from which a mask shows the background


@dataclass(frozen=True)
class Row:
    """IoU with the true mask by each rule, for one image."""

    image: str
    dataset: str  # see dataset_of
    proposals: int
    argmax: float  # highest predicted IoU
    largest: float  # largest mask that does not touch the border
    chosen: float  # the proposal with the most evidence, of those that the model made
    merged: float  # the same after merging parts into wholes: what a run chooses
    looked: float  # its mask after the second look
    final: float  # the mask that a run writes, its outline drawn to the edges
    oracle: float  # best proposal that the model made
    whole: float  # best of the proposals and of the merged wholes
    looked_boundary: float  # boundary F-score before the outline is drawn, see metrics.py
    boundary: float  # and that of the final mask
    is_backdrop: bool  # whether the final mask shows the background
    confidence: float
    score: float
    flags: str


RULES = {
    "argmax": "argmax",
    "largest": "largest",
    "chosen": "chosen",
    "merged": "merged",
    "looked": "second look",
    "final": "final",
    "oracle": "oracle",
    "whole": "with wholes",
}


class Source(Protocol):
    """Where the proposals of a photograph and its second look come from."""

    @property
    def proposer(self) -> Proposer:
        """The proposer of the second look."""

    def found(self, photograph: Labelled) -> ProposalSet:
        """The proposals of a photograph."""


class FromModel:
    """The proposals of the model, as in a run."""

    def __init__(self, proposer: Proposer) -> None:
        self.proposer = proposer

    def found(self, photograph: Labelled) -> ProposalSet:
        """The proposals of a photograph."""
        return self.proposer.propose(shrink(photograph.image, self.proposer.max_side))


class FromTruth:
    """Synthetic proposals from the true mask, see made_up.py; the scene is the model's."""

    def __init__(self, proposer: Proposer, seed: int = 0, has_whole: bool = True) -> None:
        self.proposer, self._model = NoSecondLook(proposer), FromModel(proposer)
        self._seed, self._has_whole = seed, has_whole

    def found(self, photograph: Labelled) -> ProposalSet:
        """Synthetic proposals of a photograph."""
        seen = self._model.found(photograph)
        # The same for the same name, whatever else is in the folder.
        rng = np.random.default_rng([self._seed, *os.fsencode(photograph.name)])
        made_up = proposals_from_truth(photograph.truth, rng, self._has_whole)
        return ProposalSet(made_up, seen.scene, seen.seconds)


def evaluate(
    config: RunConfig,
    photographs: Iterable[Labelled],
    console: Console,
    source: Source | None = None,
) -> list[Row]:
    """A row for each photograph. source: None takes the config's model."""
    source = source or FromModel(proposer_for(config))
    hidden = not console.is_terminal
    return [
        row_of(photograph, source.found(photograph), source.proposer, config)
        for photograph in track(photographs, "evaluating", console=console, disable=hidden)
    ]


def row_of(photograph: Labelled, found: ProposalSet, proposer: Proposer, config: RunConfig) -> Row:
    """The IoU with the truth of what each rule chooses among the proposals."""
    truth, proposals = photograph.truth, found.proposals
    selection = locate(photograph.image, found, proposer, config)
    wholes, choice = selection.found.proposals, selection.choice
    raw, final = (
        refine(selection.closeup, photograph.image, proposer, settings)
        for settings in (_undrawn(config.refine), config.refine)
    )

    def iou_of(proposal: Proposal | None) -> float:
        mask = at_size(proposal, truth.shape)
        return mask_iou(cleaned(mask, mask.size, config.refine), truth)

    ious = [iou_of(proposal) for proposal in proposals]
    rules = (argmax_predicted_iou, largest_inside, partial(_chosen, found.scene, config))
    argmax, largest, chosen = (
        iou_of(None) if index is None else ious[index]
        for index in (rule(proposals) for rule in rules)
    )
    oracle = max(ious, default=iou_of(None))
    return Row(
        image=photograph.name,
        dataset=dataset_of(Path(photograph.name).stem),
        proposals=len(proposals),
        argmax=argmax,
        largest=largest,
        chosen=chosen,
        merged=iou_of(None if choice.index is None else wholes[choice.index]),
        looked=mask_iou(raw, truth),
        final=mask_iou(final, truth),
        oracle=oracle,
        whole=max([oracle, *(iou_of(p) for p in wholes if not any(p is q for q in proposals))]),
        looked_boundary=boundary_f(raw, truth),
        boundary=boundary_f(final, truth),
        is_backdrop=bool(final.any()) and mask_iou(final, ~truth) >= BACKDROP_IOU,
        confidence=choice.confidence,
        score=choice.score,
        flags=" ".join(flags_of(choice, final, config.choose)),
    )


def _chosen(scene: Scene, config: RunConfig, proposals: Sequence[Proposal]) -> int | None:
    return choose(proposals, config.choose, scene).index


def _undrawn(config: RefineConfig) -> RefineConfig:
    return config.model_copy(update={"outline": "none", "smooth": 0.0})


def argmax_predicted_iou(proposals: Sequence[Proposal]) -> int | None:
    """The usual rule: the proposal with the highest predicted IoU."""
    return max(range(len(proposals)), key=lambda i: proposals[i].predicted_iou, default=None)


def largest_inside(proposals: Sequence[Proposal]) -> int | None:
    """The largest proposal that does not touch the border; if all do, the largest."""
    inside = [i for i, p in enumerate(proposals) if border_coverage(p.mask) == 0]
    return max(
        inside or range(len(proposals)),
        key=lambda i: area_fraction(proposals[i].mask),
        default=None,
    )


def write_csv(file: Path, rows: Iterable[Row]) -> None:
    """Write a line for each image, atomically. Raises OutputError."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [f.name for f in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells(asdict(row)) for row in rows)
    write_text(file, buffer.getvalue())


def print_table(console: Console, rows: Sequence[Row]) -> None:
    """Print the figures by data set and overall.

    Mean IoU of each rule; boundary F-score before and after refinement; the shares of good, bad and
    background masks; the calibration of confidence.
    """
    shares = ("F undrawn", "F final", "final > 0.9", "final < 0.5", "backdrop")
    table = Table("data set", "images", *RULES.values(), *shares, box=None)
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
    """Calibration, and the final masks above and below LOW_CONFIDENCE."""
    if not rows:
        return []
    sure = [row.final for row in rows if row.confidence >= LOW_CONFIDENCE]
    unsure = [row.final for row in rows if row.confidence < LOW_CONFIDENCE]
    named = ((f"{LOW_CONFIDENCE} and more", sure), (f"below {LOW_CONFIDENCE}", unsure))
    flags = [row.flags.split() for row in rows]
    worth = trust([row.confidence for row in rows], [row.final for row in rows], flags)
    return [
        f"confidence {name}: {len(ious)} images, mean IoU of the final mask {np.mean(ious):.3f}"
        for name, ious in named
        if ious
    ] + trust_lines(worth)


def _figures(rows: Sequence[Row]) -> list[str]:
    names = (*RULES, "looked_boundary", "boundary")
    means = [f"{np.mean([getattr(row, name) for row in rows]):.3f}" for name in names]
    final: NDArray[Any] = np.array([row.final for row in rows])
    shares = [f"{(final > GOOD_IOU).mean():.0%}", f"{(final < BAD_IOU).mean():.0%}"]
    return [*means, *shares, f"{np.mean([row.is_backdrop for row in rows]):.1%}"]
