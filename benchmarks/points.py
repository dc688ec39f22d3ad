"""Few points against guided prompts, photograph by photograph: what is asked, what comes out.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/points.py eval/images eval/masks --every 5

Both ways take turns on each photograph, in one process with one model; seconds are of its
processor, so that other programs do not count. Regret: the IoU of the best proposal of the two ways
together less that of the final mask.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.console import Console
from rich.table import Table

from automask.config import RunConfig
from automask.image.metrics import boundary_f, mask_iou
from automask.image.pipeline import locate
from automask.image.refine import refine
from automask.image.sizes import at_size, shrink
from automask.labelled.folder import Labelled, LabelledFolder, dataset_of
from automask.proposer import make_proposer
from automask.sam.build import build
from automask.sam.propose import ModelProposer
from automask.sam.weights import locate as locate_weights

WAYS = ("few", "guided")
COLUMNS = ("asked", "seconds", "proposals", "best", "final", "F", "clear")


def config(points: str) -> RunConfig:
    return RunConfig(input=Path("in"), output=Path("out"), points=points)  # type: ignore[arg-type]


class Counted:
    """A proposer whose prompts are counted, and the seconds of asking them."""

    def __init__(self, proposer: ModelProposer) -> None:
        self.proposer, self.asked, self.calls, self.seconds = proposer, 0, 0, 0.0
        self._search = proposer.search
        proposer.search = self._counted

    def _counted(self, look: Any, grid: Any, scene: Any) -> Any:
        ask = look.ask

        def counted(points: Any, boxes: Any = None) -> None:
            self.calls += 1
            self.asked += len(points) + (0 if boxes is None else len(boxes))
            ask(points, boxes)

        look.ask = counted
        began = time.process_time()
        assert self._search is not None
        found = self._search(look, grid, scene)
        self.seconds += time.process_time() - began
        return found


def measured(photograph: Labelled, way: str, counted: Counted) -> dict[str, float]:
    counted.asked, counted.calls, counted.seconds = 0, 0, 0.0
    own, proposer, truth = config(way), counted.proposer, photograph.truth
    found = proposer.propose(shrink(photograph.image, proposer.max_side))
    asked, calls, seconds = counted.asked, counted.calls, counted.seconds
    selection = locate(photograph.image, found, proposer, own)
    mask = refine(selection.closeup, photograph.image, proposer, own.refine)
    ious = [mask_iou(at_size(p, truth.shape), truth) for p in found.proposals]
    return {
        "asked": asked,
        "seconds": seconds,
        "proposals": len(found.proposals),
        "best": max(ious, default=0.0),
        "final": mask_iou(mask, truth),
        "F": boundary_f(mask, truth),
        "clear": float(calls == 1),
    }


def main(
    images: Annotated[Path, typer.Argument(help="Folder of photographs.")],
    masks: Annotated[Path, typer.Argument(help="Their true masks.")],
    every: Annotated[int, typer.Option(help="Only every N-th photograph.")] = 1,
    out: Annotated[Path | None, typer.Option(help="A line of JSON for each photograph.")] = None,
) -> None:
    torch.set_num_threads(1)
    weights = locate_weights("tiny")
    model = build(weights)
    ways = {way: Counted(make_proposer(model, weights, config(way))) for way in WAYS}
    rows: list[dict[str, Any]] = []
    folder = LabelledFolder(config("few").model_copy(update={"input": images}), masks, every=every)
    for i, photograph in enumerate(folder):
        order = WAYS if i % 2 else WAYS[::-1]
        row = {way: measured(photograph, way, ways[way]) for way in order}
        rows.append({"image": photograph.name, **row})
        if out is not None:
            with out.open("a") as file:
                file.write(json.dumps(rows[-1]) + "\n")
    print_table(rows)


def print_table(rows: list[dict[str, Any]]) -> None:
    table = Table("data set", "images", "way", *COLUMNS, "regret", box=None)
    names = sorted({dataset_of(Path(row["image"]).stem) for row in rows})
    for name in [*names, "all"]:
        group = [r for r in rows if name in ("all", dataset_of(Path(r["image"]).stem))]
        best = [max(row[way]["best"] for way in WAYS) for row in group]
        for way in WAYS:
            means = [np.mean([row[way][column] for row in group]) for column in COLUMNS]
            regret = np.mean(best) - np.mean([row[way]["final"] for row in group])
            cells = [f"{mean:.4g}" for mean in means]
            table.add_row(name, str(len(group)), way, *cells, f"{regret:.4f}")
    Console(width=150).print(table)


if __name__ == "__main__":
    typer.run(main)
