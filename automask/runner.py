"""A run: scan, plan, workers, records, summary."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from automask.config import RunConfig, settings_digest
from automask.errors import (
    EXIT_OK,
    EXIT_SOME_FAILED,
    OutputError,
    UsageError,
)
from automask.image.scan import EXTENSIONS, scan
from automask.image.scorer import scorer, scorer_sha256
from automask.image.write import write_atomic
from automask.machine import describe_machine
from automask.plan import Plan, make_plan, refuse_other_settings
from automask.pool.cores import Crew, available_cores, plan_crew
from automask.records import (
    NO_OBJECT,
    OK,
    ImageRecord,
    RecordWriter,
    load_records,
    rewrite_records,
)
from automask.sam.weights import Weights, locate
from automask.signals import signals_raise

if TYPE_CHECKING:
    from automask.image.pipeline import Outcome
    from automask.pool.workers import WorkerSetup

RECORDS_NAME = "run"
# In `run.json`, of a run whose workers come and go: each record says which did it, and on what.
CLUSTER_DESCRIBED = dict.fromkeys(("workers", "threads", "device", "device_name"), "of the cluster")
LOW_CONFIDENCE = 0.5  # below, a mask is more likely bad (IoU < 0.8) than good


class Watcher(Protocol):
    """Someone who is told how a run goes; the command line shows it."""

    def begin(self, total: int, done_before: int) -> None: ...
    def finished(self, record: ImageRecord) -> None: ...
    def end(self) -> None: ...


class Silence:
    """A watcher that shows nothing."""

    def begin(self, total: int, done_before: int) -> None:
        """Called once, before the first image."""

    def finished(self, record: ImageRecord) -> None:
        """Called after each image, its record already on disk."""

    def end(self) -> None:
        """Called once, whatever happened."""


@dataclass
class RunSummary:
    """What a run did; images that an earlier run had finished count as skipped."""

    images: int = 0
    ok: int = 0
    no_object: int = 0
    failed: int = 0
    skipped: int = 0
    to_check: int = 0  # of the masked ones: confidence below LOW_CONFIDENCE
    failures: list[tuple[str, str]] = field(default_factory=list)  # image, error
    seconds_wall: float = 0.0
    output: Path = Path()

    @property
    def images_per_hour(self) -> float:
        """Rate of this run's own images, start-up included; 0 where there were none."""
        worked = self.ok + self.no_object + self.failed
        return 3600 * worked / self.seconds_wall if self.seconds_wall else 0.0

    @property
    def exit_code(self) -> int:
        return EXIT_SOME_FAILED if self.failed else EXIT_OK

    def count(self, record: ImageRecord) -> None:
        if record.status == OK:
            self.ok += 1
            self.to_check += (record.confidence or 0.0) < LOW_CONFIDENCE
        elif record.status == NO_OBJECT:
            self.no_object += 1
        else:
            self.failed += 1
            self.failures.append((record.image, record.error or ""))


@dataclass(frozen=True)
class Prepared:
    """A run that has passed every check and may start."""

    config: RunConfig
    weights: Weights
    settings: dict[str, Any]
    plan: Plan
    crew: Crew
    device: str


def prepare(config: RunConfig) -> Prepared:
    """Scans, verifies the weights, finds the device and plans; writes nothing.

    Raises the error, with its exit code, of the first thing that is wrong.
    """
    if config.input.resolve() == config.output.resolve():
        raise UsageError(f"input and output are the same folder, {config.output}; give another")
    if config.output.exists() and not config.output.is_dir():
        raise UsageError(f"cannot write into {config.output}: it is not a folder")
    jobs = scan(config.input, skip=config.output, keep_extension=config.keep_extension)
    if not jobs:
        kinds = ", ".join(sorted(EXTENSIONS))
        raise UsageError(f"{config.input} holds no image (a file that ends in {kinds})")
    jobs = jobs[: config.limit]
    weights = locate(config.model, config.arch, config.weights)
    if config.propose.settings:
        _check_generator(weights, config.propose.settings)
    settings = _mask_settings(config, weights.sha256)
    records = load_records(config.output)
    if not config.overwrite:
        refuse_other_settings(config.output, records.values(), settings)
    plan = make_plan(jobs, records, settings_digest(settings), config)
    if config.scheduler is not None:
        return _prepared_for_cluster(config.scheduler, config, weights, settings, plan)
    device = device_of(config.device)
    crew = plan_crew(
        config.workers, config.threads, available_cores(), weights.checkpoint.threads,
        on_gpu=device != "cpu",
    )  # fmt: skip
    return Prepared(config, weights, settings, plan, crew, device)


def _prepared_for_cluster(
    scheduler: str, config: RunConfig, weights: Weights, settings: dict[str, Any], plan: Plan
) -> Prepared:
    """Devices and cores are the cluster's affair: each of its workers looks at its own."""
    from automask.pool.dask_cluster import refuse_unreachable

    refuse_unreachable(scheduler)
    return Prepared(config, weights, settings, plan, Crew(0, config.threads or 0), config.device)


def run(config: RunConfig, watcher: Watcher | None = None) -> RunSummary:
    """Masks every image of `config.input` into `config.output`, and returns what happened.

    Raises UsageError, ConfigError, CollisionError, SettingsChangedError, WeightsError or
    DeviceError before anything is written; OutputError where the disk is full; Interrupted on
    SIGINT and SIGTERM. Whatever was finished by then is recorded, and a rerun goes on from there.
    """
    return execute(prepare(config), watcher or Silence())


def execute(prepared: Prepared, watcher: Watcher) -> RunSummary:
    """Does what `prepare` planned."""
    config, plan = prepared.config, prepared.plan
    began = time.perf_counter()
    images, skipped = len(plan.todo) + len(plan.done), len(plan.done)
    summary = RunSummary(images, skipped=skipped, output=config.output)
    records_file = config.output / "records" / f"{RECORDS_NAME}.jsonl"
    _start_output(prepared, records_file)
    watcher.begin(summary.images, summary.skipped)
    try:
        with signals_raise(), RecordWriter(records_file) as ledger:
            for record in _outcomes(prepared):
                _append(ledger, record)
                summary.count(record)
                watcher.finished(record)
    finally:
        watcher.end()
    _compact(config.output, records_file)
    summary.seconds_wall = time.perf_counter() - began
    return summary


def _start_output(prepared: Prepared, records_file: Path) -> None:
    """Makes the folders and writes `run.json`; the ledger keeps its whole lines."""
    described = json.dumps(_describe(prepared), indent=2)
    output = prepared.config.output
    try:
        records_file.parent.mkdir(parents=True, exist_ok=True)
        rewrite_records(records_file, load_records(output).values())
        write_atomic(output / "run.json", described.encode())
    except OSError as error:
        raise UsageError(f"cannot write into {output}: {error.strerror}") from error


def _compact(output: Path, records_file: Path) -> None:
    """Leaves one line for each image, the newest; until here the old and the new one are there.

    An interrupted run may leave both: readers take the newest, and the rerun ends here as well.
    """
    try:
        rewrite_records(records_file, load_records(output).values())
    except OSError as error:
        raise OutputError(_stopped(f"cannot write {records_file}: {error.strerror}")) from error


def _append(ledger: RecordWriter, record: ImageRecord) -> None:
    try:
        ledger.append(record)
    except OSError as error:
        raise OutputError(_stopped(f"cannot write a record: {error.strerror}")) from error


def _stopped(reason: str) -> str:
    return (
        f"stopped: {reason}\nnothing finished is lost: make room in the output folder, then run "
        "the same command again"
    )


def _outcomes(prepared: Prepared) -> Iterator[ImageRecord]:
    """Records as images are finished; raises OutputError, after a record, where none can follow."""
    if not prepared.plan.todo:
        return
    is_local = prepared.config.scheduler is None
    for outcome in _on_this_machine(prepared) if is_local else _on_cluster(prepared):
        yield outcome.record
        if outcome.is_fatal:
            raise OutputError(_stopped(str(outcome.record.error)))


def _on_cluster(prepared: Prepared) -> Iterator[Outcome]:
    from automask.pool.dask_cluster import run_on_cluster

    assert prepared.config.scheduler is not None
    setup = worker_setup(prepared, prepared.weights.file)
    return run_on_cluster(prepared.plan.todo, setup, prepared.config.scheduler)


def _on_this_machine(prepared: Prepared) -> Iterator[Outcome]:
    from automask.pool.workers import run_in_processes, run_in_threads
    from automask.sam.build import share

    with tempfile.TemporaryDirectory(prefix="automask-") as folder:
        setup = worker_setup(prepared, share(prepared.weights, Path(folder)))
        on_cpu = prepared.device == "cpu"
        pool = run_in_processes if on_cpu else run_in_threads
        yield from pool(prepared.plan.todo, setup, prepared.crew.workers)


def worker_setup(prepared: Prepared, mapped: Path) -> WorkerSetup:
    """What each worker needs. mapped: the float32 weights that all of them map, see `share`."""
    from automask.pool.workers import WorkerSetup, model_bench

    return WorkerSetup(
        prepared.config,
        prepared.weights,
        mapped,
        prepared.device,
        prepared.crew.threads,
        _labels(prepared),
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
