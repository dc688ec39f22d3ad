"""A proposer without a model, that misbehaves on request.

The red value of an image's first pixel says what happens.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from fake_model import FakeModel
from PIL import Image

from automask.config import RunConfig
from automask.errors import WeightsError
from automask.image.process import WorkerContext
from automask.pool.workers import Owner, WorkerSetup
from automask.records import Job, Proposal, ProposalSet, Scene
from automask.sam.weights import locate

KILLS, RAISES, SPINS, WAITS, FINE = 13, 14, 15, 16, 100
LARGE, HUGE = 17, 18  # too much with whole blocks of points; too much with any
SLOW = 19  # takes a second, and writes that it began
CRASHES_ONCE = 20  # kills its process, but only the first one
LOSES_GPU, EXITS = 21, 22  # no image after it can be masked in that process; calls sys.exit
LABELS = {
    **dict.fromkeys(("model", "model_sha256", "device", "dtype", "generator", "settings"), "fake"),
    "generation": 1,
}


class FakeProposer(FakeModel):
    """Proposes a square in the middle; remembers how many used it at one time."""

    def __init__(self, output: Path, batch_divisor: int) -> None:
        self.output, self.batch_divisor = output, batch_divisor
        self.users = 0
        self.is_gpu_lost = False

    def propose(self, image_rgb: np.ndarray) -> ProposalSet:
        self.users += 1
        assert self.users == 1, "two at once in the model"
        try:
            self._misbehave(int(image_rgb[0, 0, 0]))
        finally:
            self.users -= 1
        mask = np.zeros(image_rgb.shape[:2], np.bool_)
        mask[8:24, 8:24] = True
        return ProposalSet([Proposal(mask, 0.9, 0.95)], Scene(), {"encode": 0.001, "decode": 0.009})

    def _misbehave(self, how: int) -> None:
        if how == KILLS or (how == CRASHES_ONCE and self._is_first("crashed")):
            os.kill(os.getpid(), signal.SIGKILL)
        self.is_gpu_lost |= how == LOSES_GPU
        if self.is_gpu_lost:
            raise RuntimeError("CUDA error: an illegal memory access was encountered\nadvice" * 9)
        if how == EXITS:
            sys.exit(3)
        if how == RAISES:
            raise RuntimeError("the generator tripped")
        if how == LARGE and self.batch_divisor == 1:
            raise MemoryError
        if how == HUGE:
            raise MemoryError
        if how == SLOW:
            self._is_first("began")
            time.sleep(1)
        while how == SPINS:
            pass
        if how == WAITS:
            signal.pause()
        time.sleep(0.01)

    def _is_first(self, name: str) -> bool:
        mark = self.output / name
        is_first = not mark.exists()
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
        return is_first


def fake_context(setup: WorkerSetup, owner: Owner | None) -> WorkerContext:
    proposer = FakeProposer(setup.config.output, setup.batch_divisor)
    return WorkerContext(setup.config, proposer, setup.labels, owner)


def telling_context(setup: WorkerSetup, owner: Owner | None) -> WorkerContext:
    """Its records say, in the place of the model, how threads that wait do so in this process."""
    context = fake_context(setup, owner)
    labels = {**setup.labels, "model": os.environ.get("OMP_WAIT_POLICY", "unset")}
    return replace(context, labels=labels)


def broken_context(_setup: WorkerSetup, _owner: Owner | None) -> WorkerContext:
    raise WeightsError("these weights do not fit")


def deadly_context(_setup: WorkerSetup, _owner: Owner | None) -> WorkerContext:
    os.abort()


def leaving_context(_setup: WorkerSetup, _owner: Owner | None) -> WorkerContext:
    """A library that ends the process, which takes a while after its pipe is closed."""
    atexit.register(time.sleep, 0.3)
    sys.exit(3)


def large_context(setup: WorkerSetup, owner: AbstractContextManager[Any] | None) -> WorkerContext:
    """Fits with blocks of a quarter only."""
    if setup.batch_divisor < 4:
        raise MemoryError
    return fake_context(setup, owner)


def make_images(folder: Path, first_pixels: list[int]) -> list[Job]:
    """Writes 32 x 32 images 00.png, 01.png, ...; returns their jobs."""
    folder.mkdir()
    for number, value in enumerate(first_pixels):
        pixels = np.full((32, 32, 3), 100, np.uint8)
        pixels[0, 0, 0] = value
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    return [Job(f"{i:02}.png", f"{i:02}", 0, 0) for i in range(len(first_pixels))]


def make_setup(root: Path, context: Any = fake_context) -> WorkerSetup:
    config = RunConfig(input=root / "in", output=root / "out")
    return WorkerSetup(
        config, locate("tiny"), Path("unused"), "cpu", 1, LABELS, context, imports="json"
    )
