"""Where the images of a run are masked: by workers of this machine, or of a Dask cluster."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automask.config import settings_digest
from automask.output.plan import Plan
from automask.pool.feed import AllAtOnce, Feed
from automask.runs.prepare import Prepared
from automask.runs.redraw import redraw
from automask.system.cores import available_cores
from automask.system.scratch import scratch_folder
from automask.system.signals import Stop

if TYPE_CHECKING:
    from automask.image.process import Outcome
    from automask.pool.workers import WorkerSetup


def outcomes(
    prepared: Prepared, plan: Plan, generation: int, stop: Stop
) -> Generator[Outcome, None, None]:
    """Outcomes as images are finished; fewer than the plan's where a signal stopped it."""
    yield from redrawn(prepared, plan, generation)
    if not plan.todo:
        return
    if prepared.config.scheduler is not None:
        yield from _outcomes_of_cluster(prepared.config.scheduler, prepared, plan, generation, stop)
        return
    yield from outcomes_here(AllAtOnce(plan.todo), prepared, generation, stop)


def redrawn(prepared: Prepared, plan: Plan, generation: int) -> Iterator[Outcome]:
    """Outcomes of what is drawn from a person's result. Here: they are few, and need no model."""
    labels = {**_labels(prepared), "dtype": "none", "generation": generation}
    for job in plan.redraw:
        yield redraw(job, prepared.config, labels)


def outcomes_here(
    feed: Feed, prepared: Prepared, generation: int, stop: Stop
) -> Generator[Outcome, None, None]:
    """Outcomes of the jobs of a feed by workers of this machine, until it is closed."""
    from automask.pool.ladder import make_ladder
    from automask.pool.patience import Patience
    from automask.pool.supervisor import Supervisor
    from automask.sam.share import share

    config = prepared.config
    with scratch_folder() as folder:
        setup = worker_setup(prepared, share(prepared.weights, folder), generation)
        ladder = make_ladder(prepared.device, prepared.crew, available_cores())
        patience = Patience(config.retries, config.timeout)
        yield from Supervisor(setup, ladder, patience, folder, stop).stream(feed)


def _outcomes_of_cluster(
    scheduler: str, prepared: Prepared, plan: Plan, generation: int, stop: Stop
) -> Iterator[Outcome]:
    from automask.pool.dask.cluster import run_on_cluster
    from automask.pool.patience import Patience

    config = prepared.config
    setup = worker_setup(prepared, prepared.weights.file, generation)
    patience = Patience(config.retries, config.timeout)
    return run_on_cluster(plan.todo, setup, scheduler, patience, stop)


def worker_setup(prepared: Prepared, mapped: Path, generation: int = 0) -> WorkerSetup:
    """What each worker needs. mapped: the float32 weights that all of them map, see `share`."""
    from automask.pool.workers import SAM_IMPORTS, WorkerSetup, model_context

    is_student = prepared.weights.checkpoint.is_student
    return WorkerSetup(
        prepared.config,
        prepared.weights,
        mapped,
        prepared.device,
        prepared.crew.threads,
        {**_labels(prepared), "generation": generation},
        model_context,
        imports="automask.train.proposer" if is_student else SAM_IMPORTS,
    )


def _labels(prepared: Prepared) -> dict[str, Any]:
    """The fields of a record that are the same for all images of the run."""
    is_student = prepared.weights.checkpoint.is_student
    return {
        "model": prepared.config.model,
        "model_sha256": prepared.weights.sha256,
        "device": prepared.device,
        "dtype": prepared.config.precision,  # a worker knows what auto comes to
        "generator": "student" if is_student else prepared.config.generator,
        "settings": settings_digest(prepared.settings),
    }
