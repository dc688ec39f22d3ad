"""`automask develop eval-filters`: the best proposal before and after each filter.

A mask that was filtered out cannot be chosen. The stock generator runs once; its masks are filtered
by two sets of thresholds, those of its package and those of the checkpoint.
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
class FilterChain:
    """The masks of a generator and the filters applied to them."""

    name: str
    generator: str  # whose masks: stock or fast
    thresholds: Thresholds
    nms: Nms


@dataclass(frozen=True)
class FilterResult:
    """The masks of one photograph that passed a filter."""

    chain: str
    stage: str
    proposals: int
    best: float  # IoU with the true mask of the best of them; 0 where none is left


def filter_chains(model: Any) -> list[FilterChain]:
    """Stock with its package's thresholds, stock with the checkpoint's, and ours."""
    own = stock_thresholds(make_generator(model, "stock"))
    return [
        FilterChain("stock, its package's thresholds", "stock", PACKAGE_DEFAULTS, by_boxes(0.7)),
        FilterChain("stock, the checkpoint's", "stock", own, by_boxes(own.nms)),
        FilterChain("automask, the whole grid", "fast", own, by_masks(SAME_IOU)),
    ]


def evaluate(
    photographs: Iterable[Labelled],
    model: Any,
    proposer: Proposer,
    dtype: torch.dtype,
    console: Console,
) -> list[FilterResult]:
    """The result of each filter of each chain on each photograph."""
    generators: dict[str, Ask] = {
        "stock": unfiltered_stock(model),
        "fast": unfiltered_fast(model, dtype),
    }
    chains, rows = filter_chains(model), []
    hidden = not console.is_terminal
    for photograph in track(photographs, "prompting", console=console, disable=hidden):
        image = shrink(photograph.image, proposer.max_side)
        for name, generate in generators.items():
            rows += _rows(
                photograph, generate(image), [chain for chain in chains if chain.generator == name]
            )
        few = proposer.propose(image).proposals
        rows.append(_result("automask, as a run asks", STAGES[-1], _ious(few, photograph)))
    return rows


def _rows(
    photograph: Labelled, prompted: Sequence[Proposal], chains: Sequence[FilterChain]
) -> list[FilterResult]:
    ious = _ious(prompted, photograph)
    return [
        _result(chain.name, stage, ious[kept])
        for chain in chains
        for stage, kept in zip(
            STAGES, survivors(prompted, chain.thresholds, chain.nms), strict=True
        )
    ]


def _result(chain: str, stage: str, ious: np.ndarray) -> FilterResult:
    return FilterResult(chain, stage, len(ious), float(ious.max(initial=0.0)))


def _ious(proposals: Sequence[Proposal], photograph: Labelled) -> np.ndarray:
    """IoU with the truth, at the size of the proposals."""
    if not proposals:
        return np.zeros(0)
    truth = resized(photograph.truth, proposals[0].mask.shape)
    return np.array([mask_iou(p.mask, truth) for p in proposals])


def print_table(console: Console, rows: Sequence[FilterResult]) -> None:
    """Print a line for each filter: mean number of masks left, mean IoU of the best."""
    table = Table("masks", "left", "a photograph", "IoU of the best", box=None)
    for chain, stage in dict.fromkeys((row.chain, row.stage) for row in rows):
        own = [row for row in rows if (row.chain, row.stage) == (chain, stage)]
        count, best = (np.mean([getattr(row, n) for row in own]) for n in ("proposals", "best"))
        table.add_row(chain, stage, f"{count:.0f}", f"{best:.3f}")
    console.print(table)
