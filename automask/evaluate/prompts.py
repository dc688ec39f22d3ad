"""`automask develop eval-prompts`: a model's answers to boxes and points, and its predicted IoU.

Boxes lie around the true mask, points on it. The correlation of predicted and true IoU, over all
masks for points, says whether predicted IoU ranks masks.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from automask.errors import UsageError
from automask.image.metrics import boundary_f, mask_iou
from automask.labelled.folder import Labelled, dataset_of
from automask.show.console import shown

if TYPE_CHECKING:
    from automask.sam.predictor import Prompter

POINTS = 5  # on each object


@dataclass(frozen=True)
class PromptRow:
    """The answers to the prompts on one photograph."""

    image: str
    dataset: str
    box: float  # IoU of the mask for the true box
    box_boundary: float  # its boundary F-score
    point: float  # mean IoU of the mask with the highest predicted IoU, of the three of a point
    point_best: float  # mean IoU of the best of the three
    predicted: NDArray[np.float32]  # 3 * POINTS predicted IoU
    true: NDArray[np.float32]  # 3 * POINTS true IoU


def evaluate_prompts(
    prompter: Prompter, photographs: Iterable[Labelled], console: Console
) -> list[PromptRow]:
    """A row for each photograph whose true mask is not empty.

    Raises UsageError where there is none.
    """
    hidden = not console.is_terminal
    asked = track(photographs, "evaluating", console=console, disable=hidden)
    rows = [_row(prompter, photograph) for photograph in asked if photograph.truth.any()]
    if not rows:
        raise UsageError("every true mask is empty: there is no object to prompt for")
    return rows


def _row(prompter: Prompter, photograph: Labelled) -> PromptRow:
    truth = photograph.truth
    prompter.look_at(photograph.image)
    x, y, w, h = cv2.boundingRect(truth.astype(np.uint8))
    boxed = prompter.by_box(np.array([x, y, x + w, y + h], np.float32))
    rng = np.random.default_rng(list(os.fsencode(photograph.name)))
    rows, columns = np.nonzero(truth)
    picks = rng.integers(0, len(rows), POINTS)
    answers = [prompter.by_point(float(columns[i]), float(rows[i])) for i in picks]
    true = np.array([[mask_iou(m, truth) for m in masks] for masks, _ in answers], np.float32)
    predicted = np.stack([scores for _, scores in answers])
    by_score = true[np.arange(POINTS), predicted.argmax(axis=1)]
    return PromptRow(
        image=photograph.name,
        dataset=dataset_of(os.path.splitext(os.path.basename(photograph.name))[0]),
        box=mask_iou(boxed, truth),
        box_boundary=boundary_f(boxed, truth),
        point=float(by_score.mean()),
        point_best=float(true.max(axis=1).mean()),
        predicted=predicted.ravel(),
        true=true.ravel(),
    )


def score_correlation(rows: Sequence[PromptRow]) -> float:
    """Pearson's r between predicted and true IoU; NaN where one of them does not vary."""
    predicted, true = (np.concatenate([getattr(r, n) for r in rows]) for n in ("predicted", "true"))
    if np.ptp(predicted) == 0 or np.ptp(true) == 0:
        return float("nan")
    return float(np.corrcoef(predicted, true)[0, 1])


def print_prompt_table(console: Console, rows: Sequence[PromptRow]) -> None:
    """Means by data set and together, and the correlation of predicted and true IoU."""
    columns = ("box", "box_boundary", "point", "point_best")
    heads = ("box", "box, boundary F", "point", "point, best of 3", "score's r")
    table = Table("data set", "images", *heads, box=None)
    by_dataset: dict[str, list[PromptRow]] = defaultdict(list)
    for row in rows:
        by_dataset[row.dataset].append(row)
    groups: list[tuple[str, Sequence[PromptRow]]] = sorted(by_dataset.items())
    for name, group in [*groups, ("all", rows)] if len(groups) > 1 else groups:
        means = [f"{np.mean([getattr(row, c) for row in group]):.3f}" for c in columns]
        correlation = f"{score_correlation(group):.3f}"
        table.add_row(shown(name), str(len(group)), *means, correlation)
    console.print(table)
