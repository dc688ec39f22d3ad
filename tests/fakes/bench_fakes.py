"""A proposer without a model, in the processes of a bench, that misbehaves on request.

The red value of an image's first pixel says what happens: 13 kills the process, 14 raises.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
from fake_model import FakeModel
from PIL import Image

from automask.errors import WeightsError
from automask.image.process import WorkerContext
from automask.pool.workers import Owner, WorkerSetup
from automask.records import Proposal, ProposalSet, Scene

KILLS, RAISES, FINE = 13, 14, 100


class FakeProposer(FakeModel):
    """Proposes a square in the middle, and is as talkative as some libraries are."""

    def propose(self, image_rgb: np.ndarray) -> ProposalSet:
        print("UserWarning: on standard output", flush=True)
        os.system("echo and so does a program that it calls")
        if image_rgb[0, 0, 0] == KILLS:
            os.kill(os.getpid(), signal.SIGKILL)
        if image_rgb[0, 0, 0] == RAISES:
            raise RuntimeError("the generator tripped")
        mask = np.zeros(image_rgb.shape[:2], np.bool_)
        mask[8:24, 8:24] = True
        return ProposalSet([Proposal(mask, 0.9, 0.95)], Scene(), {"encode": 0.001, "decode": 0.009})


def fake_context(setup: WorkerSetup, owner: Owner | None) -> WorkerContext:
    return WorkerContext(setup.config, FakeProposer(), setup.labels, owner)


def broken_context(_setup: WorkerSetup, _owner: Owner | None) -> WorkerContext:
    raise WeightsError("these weights do not fit")


def make_images(folder: Path, *first_pixels: int) -> Path:
    """Writes 32 x 32 images 00.png, 01.png, ..."""
    folder.mkdir()
    for number, value in enumerate(first_pixels):
        pixels = np.full((32, 32, 3), 100, np.uint8)
        pixels[0, 0, 0] = value
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    return folder
