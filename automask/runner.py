"""A run: scan, plan, workers, records, summary."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automask.config import RunConfig, settings_digest
from automask.errors import AutomaskError, OutputError, UsageError
from automask.image.scan import EXTENSIONS, Listing, scan_part
from automask.image.scorer import scorer, scorer_sha256
from automask.ledger import Known
from automask.machine import describe_machine
from automask.plan import Plan, make_plan, refuse_other_settings
from automask.pool.cores import Crew, available_cores, plan_crew
from automask.pool.shard import Shard, find_shard
from automask.records import Job, RecordWriter
from automask.sam.stage import locate_staged
from automask.sam.weights import Weights
from automask.scratch import scratch_folder
from automask.signals import Stop, heard_signals
from automask.summary import RunSummary, Silence, Watcher
from automask.task import (
    TaskNote,
    agree_on_settings,
    group_of,
    held,
    read_earlier,
    tidy,
    write_note,
)

if TYPE_CHECKING:
    from automask.image.pipeline import Outcome
    from automask.pool.workers import WorkerSetup

# In `run.json`, of a run whose workers come and go: each record says which did it, and on what.
CLUSTER_DESCRIBED = dict.fromkeys(("workers", "threads", "device", "device_name"), "of the cluster")


@dataclass(frozen=True)
class Prepared:
    """A run that has passed every check and may start."""

    config: RunConfig
    weights: Weights
    settings: dict[str, Any]
    jobs: list[Job]
    crew: Crew
    device: str
    shard: Shard
    elsewhere: int  # images of other tasks
    not_staged: str | None = None  # why the weights are not read from the node's own disk


def prepare(config: RunConfig) -> Prepared:
    """Scans, verifies the weights and finds the device; writes nothing.

    Raises the error, with its exit code, of the first thing that is wrong.
    """
    if config.input.resolve() == config.output.resolve():
        raise UsageError(f"input and output are the same folder, {config.output}; give another")
    if config.output.exists() and not config.output.is_dir():
        raise UsageError(f"cannot write into {config.output}: it is not a folder")
    shard = find_shard(config.shard, os.environ)
    listing = _scan(config, shard)
    jobs = listing.jobs[: config.limit]
    staged = locate_staged(config.model, config.arch, config.weights, config.stage_weights)
    weights = staged.weights
    if config.propose.settings:
        _check_generator(weights, config.propose.settings)
    settings = _mask_settings(config, weights.sha256)
    device, crew = (_here if config.scheduler is None else _on_cluster)(config, weights)
    return Prepared(
        config, weights, settings, jobs, crew, device, shard, listing.elsewhere, staged.fault
    )


def _here(config: RunConfig, weights: Weights) -> tuple[str, Crew]:
    device = device_of(config.device)
    crew = plan_crew(
        config.workers, config.threads, available_cores(), weights.checkpoint.threads,
        on_gpu=device != "cpu",
    )  # fmt: skip
    return device, crew


def _on_cluster(config: RunConfig, _weights: Weights) -> tuple[str, Crew]:
    """Devices and cores are the cluster's affair: each of its workers looks at its own."""
    from automask.pool.dask_cluster import refuse_unreachable

    assert config.scheduler is not None
    refuse_unreachable(config.scheduler)
    return config.device, Crew(0, config.threads or 0)


def _scan(config: RunConfig, shard: Shard) -> Listing:
    """The task's images; none is a fault only where the input holds none for any task."""
    listing = scan_part(config.input, config.output, config.keep_extension, shard.holds)
    if not listing.jobs and not listing.elsewhere:
        kinds = ", ".join(sorted(EXTENSIONS))
        raise UsageError(f"{config.input} holds no image (a file that ends in {kinds})")
    return listing


def plan_of(prepared: Prepared) -> Plan:
    """What a run would do now. Raises SettingsChangedError."""
    config = prepared.config
    earlier = read_earlier(config.output, prepared.shard)
    if not config.overwrite and any(known.is_done for known in earlier.values()):
        refuse_other_settings(config.output, prepared.settings)
    return _plan(prepared, earlier)


def _plan(prepared: Prepared, earlier: dict[str, Known]) -> Plan:
    digest = settings_digest(prepared.settings)
    return make_plan(prepared.jobs, earlier, digest, prepared.config)


def run(config: RunConfig, watcher: Watcher | None = None) -> RunSummary:
    """Masks every image of `config.input` into `config.output`, and returns what happened.

    Raises UsageError, ConfigError, CollisionError, SettingsChangedError, WeightsError, DeviceError
    or LockedError before anything is masked; OutputError where the disk is full; WorkersError where
    no worker comes up; Interrupted on SIGINT, SIGTERM and SIGUSR1. Whatever was finished by then is
    recorded, and a rerun goes on from there.
    """
    with heard_signals() as stop:
        return execute(prepare(config), watcher or Silence(), stop)


def execute(prepared: Prepared, watcher: Watcher, stop: Stop) -> RunSummary:
    """Does what `prepare` found to be possible."""
    output, began = prepared.config.output, time.perf_counter()
    with ExitStack() as held_output:
        with _told(UsageError, f"cannot write into {output}"):
            ledger = held_output.enter_context(held(output, prepared.shard))
            plan, generation = _begin(prepared)
        summary = RunSummary(len(prepared.jobs), skipped=len(plan.done), output=output)
        summary.not_staged = prepared.not_staged
        _mask(prepared, plan, generation, ledger, summary, watcher, stop)
        stop.raise_if_wanted()
        with _told(OutputError, _stopped(f"cannot write {ledger}")):
            tidy(output, prepared.shard)
    summary.seconds_wall = time.perf_counter() - began
    return summary


@contextmanager
def _told(kind: type[AutomaskError], what: str) -> Iterator[None]:
    """What the file system refuses, as an error that says what could not be done."""
    try:
        yield
    except OSError as error:
        raise kind(f"{what}: {error.strerror}") from error


def _begin(prepared: Prepared) -> tuple[Plan, int]:
    """The plan and the number of this run, once it is agreed and written what it is."""
    config, shard = prepared.config, prepared.shard
    earlier = read_earlier(config.output, shard)
    is_new = not any(known.is_done for known in earlier.values())
    agree_on_settings(config.output, shard, _describe(prepared), is_new, config.overwrite)
    generation = 1 + max((known.generation for known in earlier.values()), default=0)
    plan = _plan(prepared, earlier)
    note = TaskNote(
        task=shard.task_name,
        group=group_of(shard),
        images=len(prepared.jobs),
        everywhere=len(prepared.jobs) + prepared.elsewhere,
        todo=len(plan.todo),
        generation=generation,
        started=time.time(),
        host=socket.gethostname(),
    )
    write_note(config.output, note)
    return plan, generation


def _mask(
    prepared: Prepared,
    plan: Plan,
    generation: int,
    ledger: Path,
    summary: RunSummary,
    watcher: Watcher,
    stop: Stop,
) -> None:
    watcher.begin(summary.images, summary.skipped)
    try:
        with RecordWriter(ledger) as writer:
            for outcome in _outcomes(prepared, plan, generation, stop):
                with _told(OutputError, _stopped("cannot write a record")):
                    writer.append(outcome.record)
                summary.count(outcome.record)
                watcher.finished(outcome.record)
                if outcome.is_fatal:  # nothing more can be written
                    raise OutputError(_stopped(str(outcome.record.error)))
    finally:
        watcher.end()


def _stopped(reason: str) -> str:
    return (
        "stopped; nothing finished is lost: make room in the output folder, then run the same "
        f"command again\n{reason}"
    )


def _outcomes(prepared: Prepared, plan: Plan, generation: int, stop: Stop) -> Iterator[Outcome]:
    """Outcomes as images are finished."""
    if not plan.todo:
        return
    if prepared.config.scheduler is not None:
        yield from _outcomes_of_cluster(prepared.config.scheduler, prepared, plan, generation, stop)
        return
    from automask.pool.ladder import make_ladder
    from automask.pool.supervisor import Patience, Supervisor
    from automask.sam.build import share

    config = prepared.config
    with scratch_folder() as folder:
        setup = worker_setup(prepared, share(prepared.weights, folder), generation)
        ladder = make_ladder(prepared.device, prepared.crew, available_cores())
        patience = Patience(config.retries, config.timeout)
        yield from Supervisor(setup, ladder, patience, folder, stop).outcomes(plan.todo)


def _outcomes_of_cluster(
    scheduler: str, prepared: Prepared, plan: Plan, generation: int, stop: Stop
) -> Iterator[Outcome]:
    from automask.pool.dask_cluster import run_on_cluster
    from automask.pool.supervisor import Patience

    config = prepared.config
    setup = worker_setup(prepared, prepared.weights.file, generation)
    patience = Patience(config.retries, config.timeout)
    return run_on_cluster(plan.todo, setup, scheduler, patience, stop)


def worker_setup(prepared: Prepared, mapped: Path, generation: int = 0) -> WorkerSetup:
    """What each worker needs. mapped: the float32 weights that all of them map, see `share`."""
    from automask.pool.workers import WorkerSetup, model_bench

    return WorkerSetup(
        prepared.config,
        prepared.weights,
        mapped,
        prepared.device,
        prepared.crew.threads,
        {**_labels(prepared), "generation": generation},
        model_bench,
    )


def _labels(prepared: Prepared) -> dict[str, Any]:
    """The fields of a record that are the same for all images of the run."""
    return {
        "model": prepared.config.model,
        "model_sha256": prepared.weights.sha256,
        "device": prepared.device,
        "dtype": prepared.config.precision,  # a worker knows what auto comes to
        "generator": prepared.config.generator,
        "settings": settings_digest(prepared.settings),
    }


def _check_generator(weights: Weights, settings: dict[str, Any]) -> None:
    """Raises ConfigError for settings that a worker's generator would refuse, before any work."""
    from automask.sam.generator import check_settings

    check_settings(weights.checkpoint, settings)


def _mask_settings(config: RunConfig, model_sha256: str) -> dict[str, Any]:
    """Raises ConfigError for weights of the choice that are none, before any work."""
    choose = config.choose
    scorer(choose.fitted, tuple(sorted(choose.weights.items())))
    return config.mask_settings(model_sha256, scorer_sha256(choose.fitted))


def device_of(asked: str) -> str:
    """What auto, cpu, mps, cuda or cuda:N comes to here; raises DeviceError where it is not."""
    if asked == "cpu":
        return asked
    from automask.sam.device import resolve_device

    return str(resolve_device(asked))


def _describe(prepared: Prepared) -> dict[str, Any]:
    """`run.json`: what was asked, with what, on what."""
    return {
        "config": prepared.config.model_dump(mode="json"),
        "mask_settings": prepared.settings,
        "model_file": str(prepared.weights.file.resolve()),
        "generator_settings": {
            **prepared.weights.checkpoint.settings,
            **prepared.config.propose.settings,
        },
        "workers": prepared.crew.workers,
        "threads": prepared.crew.threads,
        **describe_machine("cpu" if prepared.config.scheduler else prepared.device),
        **(CLUSTER_DESCRIBED if prepared.config.scheduler else {}),
    }
