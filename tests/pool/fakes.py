"""A proposer without a model, that misbehaves on request.

The red value of an image's first pixel says what happens: 13 kills the process, 14 raises.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from automask.config import RunConfig
from automask.errors import WeightsError
from automask.image.pipeline import Bench
from automask.pool.workers import Owner, WorkerSetup
from automask.records import Found, Job, Proposal, Scene
from automask.sam.weights import locate

KILLS, RAISES, FINE = 13, 14, 100
LABELS = dict.fromkeys(
    ("model", "model_sha256", "device", "dtype", "generator", "settings"), "fake"
)


class FakeProposer:
    """Proposes a square in the middle; remembers how many used it at one time."""

    max_side = 0
    mask_side = 10_000  # cells so small that no outline is drawn anew
    look_again_below = 0.0

    def __init__(self) -> None:
        self.users = 0

    def propose(self, image_rgb: np.ndarray) -> Found:
        self.users += 1
        assert self.users == 1, "two at once in the model"
        if image_rgb[0, 0, 0] == KILLS:
            os.kill(os.getpid(), signal.SIGKILL)
        if image_rgb[0, 0, 0] == RAISES:
            self.users -= 1
            raise RuntimeError("the generator tripped")
        time.sleep(0.01)
        mask = np.zeros(image_rgb.shape[:2], np.bool_)
        mask[8:24, 8:24] = True
        self.users -= 1
        return Found([Proposal(mask, 0.9, 0.95)], Scene(), {"encode": 0.001, "decode": 0.009})


def fake_bench(setup: WorkerSetup, owner: Owner | None) -> Bench:
    return Bench(setup.config, FakeProposer(), setup.labels, owner)


def broken_bench(_setup: WorkerSetup, _owner: Owner | None) -> Bench:
    raise WeightsError("these weights do not fit")


def make_images(folder: Path, first_pixels: list[int]) -> list[Job]:
    """Writes 32 x 32 images 00.png, 01.png, ...; returns their jobs."""
    folder.mkdir()
    for number, value in enumerate(first_pixels):
        pixels = np.full((32, 32, 3), 100, np.uint8)
        pixels[0, 0, 0] = value
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    return [Job(f"{i:02}.png", f"{i:02}", 0, 0) for i in range(len(first_pixels))]


def make_setup(root: Path, bench: Any = fake_bench) -> WorkerSetup:
    config = RunConfig(input=root / "in", output=root / "out")
    return WorkerSetup(config, locate("tiny"), Path("unused"), "cpu", 1, LABELS, bench)
