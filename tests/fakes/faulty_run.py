"""`python faulty_run.py FAULT:IMAGE[:once] run ...`: the command line, with a fault in its workers.

The fault happens in the worker that has the image in hand, each time, or the first time only; none
is a fault of no image. The model is fake, so that a run takes a second; the pool and all the rest
are the real ones.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from fake_model import FakeModel

from automask.image import process as process_stage
from automask.image import results
from automask.image.process import WorkerContext
from automask.pool.workers import Owner, WorkerSetup
from automask.records import Proposal, ProposalSet, Scene
from automask.runs import dispatch

FAULT = "AUTOMASK_TEST_FAULT"  # how the workers learn of it
HUNGRY_BYTES = 2**38  # more than any machine's limit that a test sets

SECONDS_AN_IMAGE = 0.1  # long enough that a run can be met at its work
real_setup = dispatch.worker_setup


def crash() -> None:
    """A bug in a library written in C."""
    ctypes.string_at(0)


def exit_at_once() -> None:
    """A library that thinks the process is its own."""
    os._exit(7)


def killed() -> None:
    """What the system does to a process for want of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    """A loop without end."""
    while True:
        time.sleep(0)


def hungry() -> None:
    """More memory than there is."""
    np.ones(HUNGRY_BYTES, np.uint8)


FAULTS: dict[str, Callable[[], None]] = {
    "crash": crash,
    "exit": exit_at_once,
    "killed": killed,
    "hang": hang,
    "hungry": hungry,
}


class DarkHalf(FakeModel):
    """The fake model: what is dark in a photograph is its object."""

    def propose(self, image_rgb: np.ndarray) -> ProposalSet:
        time.sleep(SECONDS_AN_IMAGE)
        mask = image_rgb.mean(axis=2) < 130
        return ProposalSet([Proposal(mask, 0.9, 0.95)], Scene(), {"encode": 0.0, "decode": 0.0})


class FaultyProposer:
    """A proposer that something happens to, at one image."""

    def __init__(self, real: Any, setup: WorkerSetup, fault: str) -> None:
        self.real, self.batch_divisor = real, setup.batch_divisor
        self.name, self.image, *self.when = fault.split(":")
        self.mark = setup.config.output.with_suffix(".happened")
        self.in_hand = ""  # the image's name; the model is not told it

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def propose(self, image_rgb: np.ndarray) -> ProposalSet:
        if self.name in FAULTS and self._is_due():
            FAULTS[self.name]()
        return self.real.propose(image_rgb)

    def write(self, target: Path, data: bytes, attempt: int = 1) -> None:
        """In place of write_atomic: killed with half of the file written."""
        if self.name == "torn" and self._is_due():
            half = target.with_name(results.partial_name(target.name, attempt))
            half.write_bytes(data[: len(data) // 2])
            killed()
        real_write(target, data, attempt)

    def load(self, file: Path, max_pixels: int) -> Any:
        self.in_hand = file.name
        return real_load(file, max_pixels)

    def _is_due(self) -> bool:
        if self.in_hand != self.image:
            return False
        if self.when == ["once"]:
            is_first = not self.mark.exists()
            self.mark.touch()
            return is_first
        return "small" not in self.when or self.batch_divisor == 1


real_load, real_write = process_stage.load_photograph, results.write_atomic


def faulty_context(setup: WorkerSetup, owner: Owner | None) -> WorkerContext:
    proposer = FaultyProposer(DarkHalf(), setup, os.environ[FAULT])
    process_stage.load_photograph, results.write_atomic = proposer.load, proposer.write
    return WorkerContext(setup.config, proposer, setup.labels, owner)


def faulty_setup(*arguments: Any) -> WorkerSetup:
    import faulty_run  # by the name that a worker finds it under

    setup = real_setup(*arguments)
    return replace(setup, make_context=faulty_run.faulty_context, imports="json")


def main() -> None:
    from automask import cli

    os.environ[FAULT] = sys.argv.pop(1)
    dispatch.worker_setup = faulty_setup
    cli.main()


if __name__ == "__main__":
    main()
