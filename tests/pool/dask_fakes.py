"""Benches for Dask workers, which find them by this module's name.

The red value of an image's first pixel says what happens: 15 kills the process the first time it
is seen, 16 hangs; others as in `fakes`.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from fakes import FakeProposer, make_setup

from automask.config import settings_digest
from automask.image.pipeline import Bench
from automask.image.scorer import scorer_sha256
from automask.pool.workers import Owner, WorkerSetup
from automask.records import Found

KILLS_ONCE, HANGS = 15, 16


class OddProposer(FakeProposer):
    """Leaves a note for each bench that is made, in `benches` beside the output."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        (root / "benches").mkdir(exist_ok=True)
        (root / "benches" / f"{os.getpid()}_{time.time_ns()}").touch()

    def propose(self, image_rgb: np.ndarray) -> Found:
        what, seen = image_rgb[0, 0, 0], self.root / "seen"
        if what == KILLS_ONCE and not seen.exists():
            seen.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if what == HANGS:
            time.sleep(3600)
        return super().propose(image_rgb)


def odd_bench(setup: WorkerSetup, owner: Owner | None) -> Bench:
    return Bench(setup.config, OddProposer(setup.config.output.parent), setup.labels, owner)


def make_dask_setup(root: Path, bench: Any = odd_bench) -> WorkerSetup:
    """A setup whose settings are what its labels say, as a worker checks."""
    setup = make_setup(root, bench)
    fitted = scorer_sha256(setup.config.choose.fitted)
    digest = settings_digest(setup.config.mask_settings(setup.weights.sha256, fitted))
    return replace(setup, labels={**setup.labels, "settings": digest})
