"""Benches for Dask workers, which find them by this module's name.

The red value of an image's first pixel says what happens, as in `fakes`.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakes import FakeProposer, make_setup

from automask.config import settings_digest
from automask.image.process import WorkerContext
from automask.image.scorer import scorer_sha256
from automask.pool.workers import Owner, WorkerSetup


class NotedProposer(FakeProposer):
    """Leaves a note for each context that is made, in `benches` beside the output."""

    def __init__(self, setup: WorkerSetup) -> None:
        super().__init__(setup.config.output, setup.batch_divisor)
        notes = setup.config.output.parent / "benches"
        notes.mkdir(exist_ok=True)
        (notes / f"{os.getpid()}_{time.time_ns()}").touch()


def noted_bench(setup: WorkerSetup, owner: Owner | None) -> WorkerContext:
    return WorkerContext(setup.config, NotedProposer(setup), setup.labels, owner)


def make_dask_setup(root: Path, context: Any = noted_bench) -> WorkerSetup:
    """A setup whose settings are what its labels say, as a worker checks."""
    setup = make_setup(root, context)
    fitted = scorer_sha256(setup.config.choose.fitted)
    digest = settings_digest(setup.config.mask_settings(setup.weights.sha256, fitted))
    return replace(setup, labels={**setup.labels, "settings": digest})
