"""A run with a fake model, in this process and its workers; see test_moments.py."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from fake_model import FakeModel

from automask.config import RunConfig
from automask.errors import Interrupted
from automask.image.process import WorkerContext
from automask.pool.workers import Owner, WorkerSetup
from automask.records import Proposal, ProposalSet, Scene
from automask.runs import dispatch, runner
from automask.sam import share  # noqa: F401  what a run imports late


class FakeProposer(FakeModel):
    """The dark half of a photograph is its object."""

    def propose(self, image_rgb: np.ndarray) -> ProposalSet:
        mask = image_rgb.mean(axis=2) < 150
        return ProposalSet([Proposal(mask, 0.9, 0.95)], Scene(), {"encode": 0.0, "decode": 0.0})


def fake_context(setup: WorkerSetup, owner: Owner | None) -> WorkerContext:
    return WorkerContext(setup.config, FakeProposer(), setup.labels, owner)


real_setup = dispatch.worker_setup


def fake_setup(*arguments: Any) -> WorkerSetup:
    return replace(real_setup(*arguments), make_context=fake_context, imports="json")


def one_run(source: Path, output: Path) -> None:
    """Ends the process with the run's exit code."""
    dispatch.worker_setup = fake_setup
    try:
        summary = runner.run(RunConfig(input=source, output=output, device="cpu", workers=1))
    except Interrupted as stopped:
        sys.exit(stopped.exit_code)
    sys.exit(summary.exit_code)
