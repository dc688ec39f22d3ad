"""A whole benchmark: images, variants, measurement, comparison."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automask.bench.figures import Measured
from automask.bench.masks import compare_masks
from automask.bench.measure import Log, measure
from automask.bench.summary import Parity, Ratio, Summary, ratios, summarise
from automask.bench.variants import (
    Options,
    Place,
    RandomWeights,
    absent_models,
    plan_variants,
    unique_devices,
)
from automask.errors import ExitCode, InstallationError, UsageError
from automask.image.scan import scan
from automask.runs.machine import describe_machine
from automask.samples import copy_samples
from automask.system.signals import listen_for_signals


@dataclass(frozen=True)
class Report:
    """The result of a benchmark."""

    options: Options
    machine: dict[str, Any]  # see describe_machine; "devices" has the name of each
    images: int  # different photographs
    measured: list[Measured]
    summaries: list[Summary]  # of each measured variant
    ratios: list[Ratio]
    parities: list[Parity]

    @property
    def exit_code(self) -> int:
        """1 if a photograph failed in any variant, else 0."""
        return ExitCode.SOME_FAILED if any(m.failures for m in self.measured) else ExitCode.OK


def bench(options: Options, log: Log) -> Report:
    """Measure every variant; results go into a temporary folder, which is removed.

    Args:
        options: The options of the command line.
        log: Called with a line of progress now and then.

    Returns:
        The report.

    Raises:
        AutomaskError: A variant cannot be measured; its exit code says why.
        Interrupted: SIGINT or SIGTERM.
    """
    with listen_for_signals(), tempfile.TemporaryDirectory(prefix="automask-bench-") as name:
        folder = Path(name)
        images = options.images or _samples(folder / "samples")
        stand_ins = _stand_ins(options, images, folder / "random", log)
        planned = plan_variants(options, Place(images, folder, stand_ins))
        measured = measure(planned, options.rounds, folder, log)
        jobs = planned[0].prepared.jobs
        return Report(
            options=options,
            machine=describe_devices(options),
            images=len(jobs),
            measured=measured,
            summaries=[summarise(m) for m in measured],
            ratios=ratios(measured),
            parities=compare_masks(measured, jobs),
        )


def _samples(folder: Path) -> Path:
    try:
        copy_samples(folder)
    except ImportError as error:
        raise InstallationError(
            "the sample photographs come with scikit-image, which is not installed: name a folder "
            "of your own with --images, or pip install scikit-image"
        ) from error
    return folder


def _stand_ins(options: Options, images: Path, folder: Path, log: Log) -> dict[str, RandomWeights]:
    """Random weights for each model without a checkpoint, with --random-weights."""
    absent = absent_models(options) if options.random_weights else []
    if not absent:
        return {}
    from automask.bench.random_weights import make_random_weights

    folder.mkdir()
    jobs = scan(images, keep_extension=True)[: options.limit]
    if not jobs:
        raise UsageError(f"{images} holds no image")
    log(f"not here, timed with random weights: {', '.join(absent)}")
    return {model: make_random_weights(model, folder, images, jobs) for model in absent}


def describe_devices(options: Options) -> dict[str, Any]:
    """This machine, and the name of each measured device."""
    import torch

    from automask.sam.device import device_name

    machine = describe_machine("cpu")
    del machine["device"], machine["device_name"]
    names = {name: device_name(torch.device(name)) for name in unique_devices(options)}
    return {**machine, "command": sys.argv, "devices": names}
