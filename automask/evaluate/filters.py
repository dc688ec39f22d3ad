"""`automask eval-filters`: the best proposal there is, before each filter and after it.

What no filter left cannot be chosen. The stock generator's masks are asked for once and held
against two sets of thresholds: those that its package has, and those that suit the checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from automask.image.metrics import mask_iou
from automask.image.sizes import resized, shrink
from automask.labelled.folder import Labelled
from automask.records import Proposal, Proposer
from automask.sam.distinct import SAME_IOU
from automask.sam.generator import make_generator
from automask.sam.unfiltered import (
    Ask,
    Nms,
    Thresholds,
    by_boxes,
    by_masks,
    stock_thresholds,
    survivors,
    unfiltered_fast,
    unfiltered_stock,
)

PACKAGE_DEFAULTS = Thresholds(predicted_iou=0.88, stability=0.95, nms=0.7)  # SAM's own class
STAGES = ("asked", "confident", "and stable", "and distinct")


@dataclass(frozen=True)
class Way:
    """A generator's masks and the filters that they go through."""

    name: str
    asks: str  # whose masks: a key of what `ask_all` gives
    thresholds: Thresholds
    nms: Nms


@dataclass(frozen=True)
class Left:
    """What a filter left of one photograph's masks."""

    way: str
    stage: str
    proposals: int
    best: float  # IoU with the true mask of the best of them; 0 where none is left


def ways_of(model: Any) -> list[Way]:
    """The stock generator with its package's thresholds and with the checkpoint's, and ours."""
    own = stock_thresholds(make_generator(model, "stock"))
    return [
        Way("stock, its package's thresholds", "stock", PACKAGE_DEFAULTS, by_boxes(0.7)),
        Way("stock, the checkpoint's", "stock", own, by_boxes(own.nms)),
        Way("automask, the whole grid", "fast", own, by_masks(SAME_IOU)),
    ]


def evaluate(
    photographs: Iterable[Labelled],
    model: Any,
    proposer: Proposer,
    dtype: torch.dtype,
    console: Console,
) -> list[Left]:
    """What each filter of each way left of each photograph; `proposer`: of a run, few points."""
    asks: dict[str, Ask] = {
        "stock": unfiltered_stock(model),
        "fast": unfiltered_fast(model, dtype),
    }
    ways, rows = ways_of(model), []
    hidden = not console.is_terminal
    for photograph in track(photographs, "asking", console=console, disable=hidden):
        image = shrink(photograph.image, proposer.max_side)
        for name, ask in asks.items():
            rows += _rows(photograph, ask(image), [way for way in ways if way.asks == name])
        few = proposer.propose(image).proposals
        rows.append(_left("automask, few points", STAGES[-1], _ious(few, photograph)))
    return rows


def _rows(photograph: Labelled, asked: Sequence[Proposal], ways: Sequence[Way]) -> list[Left]:
    ious = _ious(asked, photograph)
    return [
        _left(way.name, stage, ious[kept])
        for way in ways
        for stage, kept in zip(STAGES, survivors(asked, way.thresholds, way.nms), strict=True)
    ]


def _left(way: str, stage: str, ious: np.ndarray) -> Left:
    return Left(way, stage, len(ious), float(ious.max(initial=0.0)))


def _ious(proposals: Sequence[Proposal], photograph: Labelled) -> np.ndarray:
    """With the truth at the proposals' own size."""
    if not proposals:
        return np.zeros(0)
    truth = resized(photograph.truth, proposals[0].mask.shape)
    return np.array([mask_iou(p.mask, truth) for p in proposals])


def print_table(console: Console, rows: Sequence[Left]) -> None:
    """A line for each way and filter: how many masks are left, and the best one's mean IoU."""
    table = Table("masks", "left", "a photograph", "IoU of the best", box=None)
    for way, stage in dict.fromkeys((row.way, row.stage) for row in rows):
        own = [row for row in rows if (row.way, row.stage) == (way, stage)]
        count, best = (np.mean([getattr(row, n) for row in own]) for n in ("proposals", "best"))
        table.add_row(way, stage, f"{count:.0f}", f"{best:.3f}")
    console.print(table)
