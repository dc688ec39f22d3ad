"""What a review was worth: the machine's masks held against those that people left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from automask.errors import ImageError
from automask.evaluate.conventions import Convention
from automask.evaluate.folders import convention_of_output
from automask.evaluate.results import read_mask
from automask.image.metrics import mask_iou
from automask.image.write import FOLDERS
from automask.output.decisions import CORRECTED, MACHINE, NO_OBJECT, Decision

KINDS = ("objects", "mask", "trimap", "alpha")  # the first that there is says what the mask is


@dataclass(frozen=True)
class Worth:
    """What people changed of the masks that they looked at."""

    settled: int  # images
    changed: int  # of them: redrawn, or found to have no object
    rejected: int
    seconds: float  # spent on all of them
    iou: float | None  # mean of the machine's masks with those that replaced them; None: none was

    def __str__(self) -> str:
        each = f"{self.seconds / max(self.settled, 1):.0f} s each"
        parts = [f"{self.settled} reviewed, {each}: {self.changed} changed"]
        if self.iou is not None:
            parts.append(f"IoU of the machine's mask with the new one {self.iou:.3f}")
        if self.rejected:
            parts.append(f"{self.rejected} rejected")
        return ", ".join(parts)


def worth(output: Path, decisions: Mapping[str, Decision]) -> Worth | None:
    """What the decisions of an output came to; None: nothing is settled."""
    settled = [one for one in decisions.values() if one.is_settled]
    if not settled:
        return None
    changed = [one for one in settled if one.verdict in (CORRECTED, NO_OBJECT)]
    ious = list(_ious(output, changed, convention_of_output(output)))
    rejected = len([one for one in settled if not one.is_usable])
    seconds = sum(one.seconds for one in settled)
    return Worth(len(settled), len(changed), rejected, seconds, mean(ious) if ious else None)


def _ious(output: Path, decisions: list[Decision], trimaps: Convention | None) -> Iterator[float]:
    """Of each the IoU before and after; an image is left out where a file is gone or unreadable."""
    for decision in decisions:
        names = {name.partition("/")[0]: name for name in decision.files}
        for kind in KINDS:
            name = names.get(FOLDERS[kind])
            if name is None:
                continue
            try:
                before = read_mask(output / MACHINE / name, kind, trimaps)
                after = read_mask(output / name, kind, trimaps)
            except (ImageError, OSError):
                break
            if before.shape == after.shape:
                yield mask_iou(before, after)
            break
