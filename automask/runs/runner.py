"""A run: lock, plan, workers, records, summary."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from automask.config import RunConfig
from automask.errors import Interrupted, OutputError, UsageError, reraise_oserror
from automask.image.process import Outcome
from automask.output.attention import to_check
from automask.output.ledger import RecordWriter, read_records
from automask.output.plan import Plan
from automask.output.task import (
    OutputFolder,
    TaskNote,
    group_of,
    held,
    write_note,
)
from automask.output.verdicts import settled_images
from automask.runs.dispatch import outcomes
from automask.runs.machine import describe_machine
from automask.runs.prepare import Prepared, plan_against, prepare
from automask.runs.summary import RunSummary, Silence, Watcher
from automask.system.signals import Stop, listen_for_signals

Masking = Callable[[Prepared, Plan, int, Stop], Generator[Outcome, None, None]]

# In `run.json`, of a run whose workers come and go: each record says which did it, and on what.
CLUSTER_DESCRIBED = dict.fromkeys(("workers", "threads", "device", "device_name"), "of the cluster")


def run(config: RunConfig, watcher: Watcher | None = None) -> RunSummary:
    """Mask every image of `config.input` into `config.output`.

    What is finished is recorded, and a rerun continues from there, whatever ended this run.

    Args:
        config: The settings.
        watcher: Is called with progress; None: nothing is shown.

    Returns:
        The numbers of images by outcome, and the first failures.

    Raises:
        UsageError: The folders cannot be used.
        CollisionError: Two images would write one output.
        SettingsChangedError: The output holds masks made with other settings.
        WeightsError: The checkpoint is missing or not verified.
        DeviceError: The device is not there.
        LockedError: Another run writes into the output.
        OutputError: The disk is full.
        WorkersError: No worker starts.
        Interrupted: SIGINT, SIGTERM or SIGUSR1.
    """
    with listen_for_signals() as stop:
        return execute(prepare(config), watcher or Silence(), stop)


def execute(
    prepared: Prepared,
    watcher: Watcher,
    stop: Stop,
    command: Sequence[str] | None = None,
    masking: Masking | None = None,
) -> RunSummary:
    """Does what `prepare` found to be possible.

    command: of the command line, to be recorded. masking: gives the outcomes of a plan, and perhaps
    of photographs that arrive meanwhile; None: of the plan.
    """
    output, began = prepared.config.output, time.perf_counter()
    with ExitStack() as held_output:
        with reraise_oserror(UsageError, f"cannot write into {output}"):
            folder = held_output.enter_context(held(output, prepared.shard))
            plan, generation = _begin(prepared, folder, command)
        summary = RunSummary(
            images=len(prepared.jobs),
            skipped=len(plan.done),
            rejected=len(plan.rejected),
            mended=[job.image for job in plan.mended],
            missing=[job.image for job in plan.missing],
            not_staged=prepared.not_staged,
            left_out=prepared.left_out,
            unseen=prepared.unseen,
            output=output,
        )
        found = (masking or outcomes)(prepared, plan, generation, stop)
        _record(found, folder.ledger, summary, watcher)
        if stop.exit_code is not None:
            raise Interrupted(stop.exit_code, _interrupted(summary, prepared.config))
        with reraise_oserror(OutputError, _stopped(f"cannot write {folder.ledger}")):
            folder.tidy()
            records = read_records(folder.ledger)
            summary.to_check = to_check(records, settled_images(output))
    summary.seconds_wall = time.perf_counter() - began
    return summary


def _interrupted(summary: RunSummary, config: RunConfig) -> str:
    worked = summary.ok + summary.no_object + summary.failed + summary.redrawn
    done = summary.skipped + summary.rejected + worked
    how = " without --overwrite, which would start over" if config.overwrite else ""
    return f"{done:,} of {summary.images:,} done. Run the same command{how} to go on."


def _begin(
    prepared: Prepared, folder: OutputFolder, command: Sequence[str] | None
) -> tuple[Plan, int]:
    """The plan and the number of this run, once it is agreed and written what it is."""
    config, shard = prepared.config, prepared.shard
    earlier = folder.earlier()
    plan = plan_against(prepared, earlier)  # first: it looks at what `run.json` says as yet
    is_new = not any(known.is_done for known in earlier.values())
    described = {**_describe(prepared), "command": command}
    folder.agree_on_settings(described, is_new, config.overwrite)
    folder.remember_times(plan.restaged)
    generation = 1 + max((known.generation for known in earlier.values()), default=0)
    note = TaskNote(
        task=shard.task_name,
        group=group_of(shard),
        images=len(prepared.jobs),
        # With a limit nobody knows how many images the other tasks have.
        everywhere=len(prepared.jobs) + (0 if config.limit else prepared.elsewhere),
        todo=len(plan.todo) + len(plan.redraw),
        generation=generation,
        started=time.time(),
        host=socket.gethostname(),
    )
    write_note(folder.root, note)
    return plan, generation


def _record(
    found: Generator[Outcome, None, None], ledger: Path, summary: RunSummary, watcher: Watcher
) -> None:
    watcher.begin(summary.images, summary.skipped + summary.rejected)
    try:
        # Closed before the lock is given back: until then workers may still write.
        with RecordWriter(ledger) as writer, closing(found) as finished:
            for outcome in finished:
                with reraise_oserror(OutputError, _stopped("cannot write a record")):
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


def _describe(prepared: Prepared) -> dict[str, Any]:
    """`run.json`: what was asked, with what, on what. Folders are found again from anywhere."""
    config = prepared.config
    folders = {"input": config.input.absolute(), "output": config.output.absolute()}
    return {
        "config": config.model_copy(update=folders).model_dump(mode="json"),
        "mask_settings": prepared.settings,
        "model_file": str(prepared.weights.file.resolve()),
        "generator_settings": {
            **prepared.weights.checkpoint.settings,
            **prepared.config.propose.settings,
        },
        "tasks": prepared.shard.count,
        "left_out": prepared.left_out,
        "unseen": prepared.unseen,
        "workers": prepared.crew.workers,
        "threads": prepared.crew.threads,
        **describe_machine("cpu" if prepared.config.scheduler else prepared.device),
        **(CLUSTER_DESCRIBED if prepared.config.scheduler else {}),
    }
