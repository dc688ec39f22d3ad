"""Proposers that need no model, and photographs of a few pixels for them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from fake_model import FakeModel
from numpy.typing import NDArray
from PIL import Image

from automask.config import RunConfig
from automask.image.process import Outcome, WorkerContext, process
from automask.records import Job, Proposal, ProposalSet, Scene

Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]

LABELS = {
    "model": "tiny",
    "model_sha256": "ab" * 32,
    "device": "cpu",
    "dtype": "float32",
    "generator": "fast",
    "settings": "0123456789abcdef",
}
# Labels of trimaps: 1 foreground, 2 background, 3 contour.
OBJECT_TRIMAP = [
    "22222222",
    "22333322",
    "23111132",
    "23111132",
    "22333322",
    "22222222",
]
NO_OBJECT_TRIMAP = ["22222222"] * 6


def centred_object(shape: tuple[int, ...]) -> Mask:
    """Rows and columns from a third to two thirds and a quarter to three quarters of H x W."""
    height, width = shape[:2]
    mask = np.zeros((height, width), np.bool_)
    mask[height // 3 : 2 * height // 3, width // 4 : 3 * width // 4] = True
    return mask


class FakeProposer(FakeModel):
    """Proposes one centred object on whatever it is shown, and remembers that."""

    def __init__(self, max_side: int = 0) -> None:
        self.max_side = max_side
        self.seen: list[tuple[int, ...]] = []

    def masks(self, shape: tuple[int, ...]) -> list[Mask]:
        return [centred_object(shape)]

    def propose(self, image_rgb: Pixels) -> ProposalSet:
        self.seen.append(image_rgb.shape)
        proposals = [Proposal(mask, 0.9, 0.95) for mask in self.masks(image_rgb.shape)]
        return ProposalSet(proposals, Scene(), {"encode": 0.0, "decode": 0.0})

    def look_again(self, _image_rgb: Pixels, _mask: Mask) -> ProposalSet:
        raise AssertionError("nobody asked for a second look")


class SeesNothing(FakeProposer):
    def masks(self, shape: tuple[int, ...]) -> list[Mask]:  # noqa: ARG002
        return []


class SeesTheBackdrop(FakeProposer):
    def masks(self, shape: tuple[int, ...]) -> list[Mask]:
        return [~centred_object(shape)]


class SeesAHole(FakeProposer):
    def masks(self, shape: tuple[int, ...]) -> list[Mask]:
        mask = centred_object(shape)
        mask[shape[0] // 2, shape[1] // 2] = False
        return [mask]


class SeesTwo(FakeProposer):
    """A square to the left, and to the right one that it is surer of; a backdrop, surest of all."""

    def propose(self, image_rgb: Pixels) -> ProposalSet:
        left, right = (np.zeros(image_rgb.shape[:2], np.bool_) for _ in range(2))
        left[2:4, 1:3] = right[2:4, 5:7] = True
        found = [Proposal(left, 0.6, 1.0), Proposal(right, 0.8, 1.0)]
        found.append(Proposal(~(left | right), 0.9, 1.0))
        return ProposalSet(found, Scene(), {"encode": 0.0, "decode": 0.0})


class Breaks(FakeProposer):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def propose(self, image_rgb: Pixels) -> ProposalSet:  # noqa: ARG002
        raise self.error


RunMaker = Callable[..., RunConfig]


def photograph(height: int = 6, width: int = 8) -> Pixels:
    return np.full((height, width, 3), 100, np.uint8)


def put(config: RunConfig, name: str = "a.png", **options: Any) -> Job:
    """Saves a photograph of 6 x 8 pixels into the input, and returns its job."""
    file = config.input / name
    Image.fromarray(photograph()).save(file, **options)
    return Job(name, os.path.splitext(name)[0], file.stat().st_size, file.stat().st_mtime_ns)


def work(job: Job, config: RunConfig, proposer: FakeProposer | None = None) -> Outcome:
    return process(job, WorkerContext(config, proposer or FakeProposer(), LABELS))


def as_drawn(file: Path) -> list[str]:
    with Image.open(file) as image:
        return ["".join(str(label) for label in row) for row in np.asarray(image)]


def files_of(folder: Path) -> list[str]:
    """Every file below a folder, hidden ones too; [] where there is no folder."""
    return sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file())
