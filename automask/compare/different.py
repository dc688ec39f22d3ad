"""The images whose masks differ most: photograph, A, B and difference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from automask.compare.agreement import Likeness, both_masks
from automask.compare.comparison import Comparison
from automask.compare.masks import Masks
from automask.errors import ImageError
from automask.image.names import on_disk
from automask.output.run_json import input_folder
from automask.show.tiles import (
    BOTH,
    FIRST_ONLY,
    SECOND_ONLY,
    Tile,
    black_and_white,
    difference,
    photograph,
    sized,
)

MOST = 20
LEGEND = ((BOTH, "object in both"), (FIRST_ONLY, "in A only"), (SECOND_ONLY, "in B only"))


@dataclass(frozen=True)
class Strip:
    """One image, side by side."""

    likeness: Likeness
    note: str  # status and confidence in both runs
    tiles: tuple[Tile, ...]


def most_different(comparison: Comparison, count: int = MOST) -> list[Strip]:
    """The images with the lowest IoU below 1, lowest first, ties sorted by name."""
    differ = [one for one in comparison.likenesses if one.iou < 1]
    worst = sorted(differ, key=lambda one: (one.iou, one.image))[:count]
    ours, theirs = Masks(comparison.a), Masks(comparison.b)
    root = _photographs(comparison)
    strips = (_strip(comparison, one, ours, theirs, root) for one in worst)
    return [strip for strip in strips if strip is not None]


def _strip(
    comparison: Comparison, likeness: Likeness, ours: Masks, theirs: Masks, root: Path | None
) -> Strip | None:
    """None if the only mask cannot be read; the notes name it by its status."""
    a, b = (run.records[likeness.image] for run in (comparison.a, comparison.b))
    try:
        first, second = both_masks(a, b, ours, theirs)
    except ImageError:
        return None
    masks = (
        ("A", black_and_white(first)),
        ("B", black_and_white(second)),
        ("difference", difference(first, second)),
    )
    most = max(run.max_pixels for run in (comparison.a, comparison.b))
    file = None if root is None else _inside(root, likeness.image)
    seen = () if root is None else (("photograph", photograph(file, most)),)
    notes = (f"{name} {r.status}" + ("" if r.confidence is None else f" {r.confidence:.2f}")
             for name, r in (("A", a), ("B", b)))  # fmt: skip
    return Strip(likeness, ", ".join(notes), sized((*seen, *masks), first.shape))


def _photographs(comparison: Comparison) -> Path | None:
    """The folder given, or the input of a run if it is still there."""
    if comparison.options.images is not None:
        return comparison.options.images
    for run in (comparison.a, comparison.b):
        folder = input_folder(run.described)
        if folder is not None and folder.is_dir():
            return folder
    return None


def _inside(root: Path, image: str) -> Path | None:
    """The file of an image; None for a path outside the folder."""
    path = PurePosixPath(image)
    return None if path.is_absolute() or ".." in path.parts else on_disk(root, image)
