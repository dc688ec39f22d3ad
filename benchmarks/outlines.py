"""What draws the outline, on the same masks: nothing, the guided filter, the refiner before it.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/outlines.py eval/images eval/masks --every 16

By data set IoU and outline F (2 px at 512) after each; how much of the true mask's skeleton each
has; of good masks (the true one through cells of 2 px) how many fall by more than 0.002; and the
refiner's seconds against those of `tiny`'s encoder on the same photograph, in turns.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from automask.config import RunConfig
from automask.image.closeup import Closeup, box_around
from automask.image.metrics import boundary_f, mask_iou
from automask.image.pipeline import locate
from automask.image.refine import refine
from automask.image.sizes import shrink
from automask.labelled.folder import Labelled, LabelledFolder, dataset_of
from automask.proposer import make_proposer
from automask.records import Mask
from automask.sam.build import build
from automask.sam.propose import ModelProposer
from automask.sam.weights import locate as locate_weights

OUTLINES = ("none", "guided", "refiner")
REFINED = RunConfig(input=Path("in"), output=Path("out"), refine={"outline": "refiner"})


def drawn(closeup: Closeup | None, image: NDArray[np.uint8], proposer: ModelProposer) -> list[Mask]:
    """The mask that each of OUTLINES makes of a closeup."""
    settings = (REFINED.refine.model_copy(update={"outline": name}) for name in OUTLINES)
    return [refine(closeup, image, proposer, one) for one in settings]


def good(truth: Mask) -> Mask:
    height, width = truth.shape
    size = (max(1, width // 2), max(1, height // 2))
    small = cv2.resize(truth.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height)) > 0.5)


def falls(photograph: Labelled, proposer: ModelProposer) -> list[float]:
    """What each of OUTLINES takes from the IoU of a good mask; nothing where it is not good."""
    truth, given = photograph.truth, good(photograph.truth)
    before = mask_iou(given, truth)
    if before <= 0.97:
        return []
    left, top, right, bottom = box = box_around(given, truth.shape, 0.1)
    part = np.s_[top:bottom, left:right]
    closeup = Closeup(box, photograph.image[part], given[part])
    return [before - mask_iou(m, truth) for m in drawn(closeup, photograph.image, proposer)]


def skeleton(mask: Mask) -> Mask:
    """Pixels whose distance to the outline no neighbour's exceeds by half a pixel."""
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    highest = cv2.dilate(depth, np.ones((3, 3), np.uint8))
    return np.asarray(mask & (depth >= highest - 0.5))


def main(
    images: Annotated[Path, typer.Argument(help="Folder of photographs.")],
    masks: Annotated[Path, typer.Argument(help="Their true masks.")],
    every: Annotated[int, typer.Option(help="Only every N-th photograph.")] = 1,
) -> None:
    torch.set_num_threads(1)
    weights = locate_weights("tiny")
    proposer = make_proposer(build(weights), weights, REFINED)
    assert proposer.outline is not None
    folder = LabelledFolder(REFINED.model_copy(update={"input": images}), masks, every=every)
    rows: dict[str, list[list[tuple[float, float, float]]]] = {}
    fallen, seconds = [], []
    for photograph in folder:
        image, truth = photograph.image, photograph.truth
        found = proposer.propose(shrink(image, proposer.max_side))
        closeup = locate(image, found, proposer, REFINED).closeup
        bones = skeleton(truth)
        row = [
            (mask_iou(m, truth), boundary_f(m, truth), float(m[bones].mean()))
            for m in drawn(closeup, image, proposer)
        ]
        rows.setdefault(dataset_of(Path(photograph.name).stem), []).append(row)
        fallen.append(falls(photograph, proposer))
        if closeup is not None:
            seconds.append(in_turns(proposer, closeup))
    report(rows, [f for f in fallen if f], seconds)


def in_turns(proposer: ModelProposer, closeup: Closeup) -> tuple[float, float]:
    """Seconds of the processor: the refiner and the encoder on one closeup, the best of three."""
    best = [np.inf, np.inf]
    for _ in range(3):
        for i, work in enumerate((proposer.draw, lambda x, _: proposer.generator.look_at(x))):
            began = time.process_time()
            with torch.inference_mode():
                work(closeup.pixels, closeup.mask)
            best[i] = min(best[i], time.process_time() - began)
    return best[0], best[1]


def report(
    rows: dict[str, list[list[tuple[float, float, float]]]],
    fallen: list[list[float]],
    seconds: list[tuple[float, float]],
) -> None:
    console = Console(width=140)
    heads = [f"{what} {name}" for what in ("IoU", "F", "skeleton") for name in OUTLINES]
    table = Table("data set", "images", *heads, box=None)
    everything = [row for group in rows.values() for row in group]
    for name, group in [*sorted(rows.items()), ("all", everything)]:
        means = np.mean(group, axis=0).T.ravel()  # by figure, then by outline
        table.add_row(name, str(len(group)), *(f"{mean:.3f}" for mean in means))
    console.print(table)
    lost = np.array(fallen)
    for name, column in zip(OUTLINES, lost.T, strict=True):
        share, mean = (column > 0.002).mean(), column.mean()
        console.print(f"of {len(lost)} good masks {share:.0%} fall with {name}, by {mean:.4f}")
    ours, encoder = np.median(seconds, axis=0)
    console.print(f"refiner {ours:.3f} s, encoder {encoder:.3f} s: a ratio of {ours / encoder:.2f}")


if __name__ == "__main__":
    typer.run(main)
