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
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from automask.api import proposer_for
from automask.config import RunConfig
from automask.errors import UsageError
from automask.image.choose import area_fraction, border_coverage, choose, mask_iou
from automask.image.load import load
from automask.image.pipeline import enlarge, shrink
from automask.image.refine import refine
from automask.image.scan import scan
from automask.made_up import proposals_from_truth
from automask.progress import shown
from automask.records import Proposal
from automask.runner import LOW_CONFIDENCE

Mask = NDArray[np.bool_]
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
    confidence: float
    score: float
    flags: str


RULES = ("chosen", "argmax", "largest", "oracle")


def evaluate(
    config: RunConfig, masks: Path, console: Console, propose: ProposalSource | None = None
) -> list[Row]:
    """A row for each image of `config.input` with a mask `masks/<stem>.png` (foreground >= 128).

    propose: gives the proposals for an image and its true mask; None: the config's model.
    """
    propose = propose or from_model(config)
    jobs = scan(config.input)[: config.limit]
    if not jobs:
        raise UsageError(f"no image in {config.input}")
    hidden = not console.is_terminal
    return [
        _row(config, job.image, masks / f"{job.stem}.png", propose)
        for job in track(jobs, "evaluating", console=console, disable=hidden)
    ]


def from_model(config: RunConfig) -> ProposalSource:
    """The proposals that a run with this config would choose among."""
    proposer = proposer_for(config)
    return lambda image, _truth: proposer.propose(shrink(image, proposer.max_side))[0]


def from_truth(seed: int = 0) -> ProposalSource:
    """Proposals made up from the true mask, see made_up.py."""
    rng = np.random.default_rng(seed)
    return lambda _image, truth: proposals_from_truth(truth, rng)


def _row(config: RunConfig, image_name: str, mask_file: Path, propose: ProposalSource) -> Row:
    image = load(config.input / image_name, config.load.max_pixels)
    truth = load_mask(mask_file)
    proposals = propose(image, truth)
    choice = choose(proposals, config.choose)

    def iou_of(index: int | None) -> float:
        return mask_iou(_finished(proposals, index, truth.shape, config), truth)

    return Row(
        image=image_name,
        dataset=dataset_of(Path(image_name).stem),
        proposals=len(proposals),
        chosen=iou_of(choice.index),
        argmax=iou_of(argmax_predicted_iou(proposals)),
        largest=iou_of(largest_inside(proposals)),
        oracle=max((iou_of(i) for i in range(len(proposals))), default=iou_of(None)),
        confidence=choice.confidence,
        score=choice.score,
        flags=" ".join(choice.flags),
    )


def _finished(
    proposals: Sequence[Proposal], index: int | None, shape: tuple[int, ...], config: RunConfig
) -> Mask:
    if index is None:
        return np.zeros(shape, np.bool_)
    mask = enlarge(proposals[index].mask, shape)
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


def load_mask(file: Path) -> Mask:
    """A true mask, H x W bool, foreground where the file's gray value is 128 or more."""
    try:
        with Image.open(file) as image:
            return np.asarray(image.convert("L")) >= 128
    except OSError as error:
        raise UsageError(f"true mask {file} cannot be read: {error}") from error


def dataset_of(stem: str) -> str:
    """`pascal_s_12` -> pascal: the name before its first underscore; `all` without one."""
    head, underscore, _ = stem.partition("_")
    return head if underscore else "all"


def write_csv(file: Path, rows: Iterable[Row]) -> None:
    with file.open("w", newline="", encoding="utf-8", errors="backslashreplace") as target:
        writer = csv.DictWriter(target, [f.name for f in fields(Row)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def print_table(console: Console, rows: Sequence[Row]) -> None:
    """Mean IoU of each rule by data set and together, and the shares of good and bad masks."""
    table = Table("data set", "images", *RULES, "chosen > 0.9", "chosen < 0.5", box=None)
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
    means = [f"{np.mean([getattr(row, rule) for row in rows]):.3f}" for rule in RULES]
    chosen: NDArray[Any] = np.array([row.chosen for row in rows])
    shares = [(chosen > GOOD_IOU).mean(), (chosen < BAD_IOU).mean()]
    return means + [f"{share:.0%}" for share in shares]
