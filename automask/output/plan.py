"""What is done already, and what is left: a rerun masks only what is new or changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from automask.config import RunConfig
from automask.errors import CollisionError, SettingsChangedError
from automask.image.results import look
from automask.image.scan import output_stem
from automask.output.decisions import REJECTED, Decision
from automask.output.run_json import input_folder, mask_settings, read_run_json
from automask.records import Job, Left

SHOWN_CHANGES = 12
NOTHING_DECIDED: Mapping[str, Decision] = {}


class Earlier(Protocol):
    """What an earlier run recorded of an image: a record, or the part of it that counts here."""

    @property
    def generation(self) -> int: ...
    @property
    def is_done(self) -> bool: ...
    @property
    def settings(self) -> str: ...
    @property
    def kinds(self) -> tuple[str, ...]: ...
    @property
    def left(self) -> Left: ...
    @property
    def input_bytes(self) -> int: ...
    @property
    def input_mtime_ns(self) -> int: ...
    @property
    def prompts(self) -> str | None: ...


@dataclass(frozen=True)
class Plan:
    """The jobs of a run, split by what earlier runs and people left."""

    todo: list[Job]
    done: list[Job]
    redraw: list[Job] = field(default_factory=list)  # of a mended result, without the model
    rejected: list[Job] = field(default_factory=list)  # by a person: left alone
    mended: list[Job] = field(default_factory=list)  # all that have a person's results, for the log
    missing: list[Job] = field(default_factory=list)  # of `todo`: their results are gone


def make_plan(
    jobs: list[Job],
    records: Mapping[str, Earlier],
    settings: str,
    config: RunConfig,
    decisions: Mapping[str, Decision] = NOTHING_DECIDED,
) -> Plan:
    """Splits the jobs; with `overwrite` everything is to do that nobody has rejected.

    An image is done only when its outputs exist and no other image has written them since, its
    record says ok or no_object, its file has the recorded size and modification time, and the
    settings (a digest) are the same. What a person mended stays, and the rest is drawn from it.
    """
    plan = Plan([], [])
    taken = _taken(jobs, records, config)
    for job in jobs:
        record = records.get(job.image)
        if record is not None and record.generation < taken.get(job.stem, 0):
            record = None
        _sort_in(plan, job, record, settings, config, decisions.get(job.image))
    return plan


def _sort_in(
    plan: Plan,
    job: Job,
    record: Earlier | None,
    settings: str,
    config: RunConfig,
    decision: Decision | None,
) -> None:
    if decision is not None and decision.verdict == REJECTED:
        plan.rejected.append(job)
        return
    if record is None:
        plan.todo.append(job)
        return
    there = look(config.output, job.stem, record.left, decision.files if decision else {})
    is_true = _is_true(job, record, settings)
    kinds = there.kinds if is_true else ()
    if config.overwrite:
        plan.todo.append(replace(job, kinds=tuple(sorted(kinds))))
        return
    if there.mended:
        plan.mended.append(job)
    if record.is_done and set(kinds).issuperset(config.kinds) and not there.is_stale:
        plan.done.append(job)
        return
    if record.is_done and is_true and set(record.kinds) & set(config.kinds) - set(kinds):
        plan.missing.append(job)
    left = replace(record.left, mended=there.mended)
    has_marks = bool(left.packed or left.mended)  # else there is nothing to be told by
    job = replace(job, kinds=tuple(sorted(kinds)), left=left if has_marks else None)
    (plan.redraw if there.source else plan.todo).append(job)


def _is_true(job: Job, record: Earlier, settings: str) -> bool:
    """Whether a run now would write the same results again; a failed record names those that were
    there before the try.
    """
    is_same = (record.input_bytes, record.input_mtime_ns) == (job.input_bytes, job.input_mtime_ns)
    return is_same and record.settings == settings and record.prompts == job.prompts


def _taken(jobs: list[Job], records: Mapping[str, Earlier], config: RunConfig) -> dict[str, int]:
    """Which run last wrote results of an image that is gone now, by the name of these results.

    a.jpg and a.png have the same, one after the other.
    """
    taken: dict[str, int] = {}
    if sum(job.image in records for job in jobs) == len(records):
        return taken  # as nearly always: a million images need no second index
    for image in records.keys() - {job.image for job in jobs}:
        stem = output_stem(image, config.keep_extension)
        taken[stem] = max(taken.get(stem, 0), records[image].generation)
    return taken


def refuse_other_settings(output: Path, settings: dict[str, Any]) -> None:
    """Raises SettingsChangedError, naming what differs, where `run.json` tells of others."""
    earlier = mask_settings(read_run_json(output))
    if earlier is None or earlier == settings:
        return
    names = sorted(k for k in {*earlier, *settings} if earlier.get(k) != settings.get(k))
    lines = [f"  {n}: was {earlier.get(n)!r:.60}, now {settings.get(n)!r:.60}" for n in names]
    if len(lines) > SHOWN_CHANGES:
        lines = [*lines[:SHOWN_CHANGES], f"  and {len(lines) - SHOWN_CHANGES} more"]
    raise SettingsChangedError(
        f"{output} holds masks made with other settings:\n"
        + "\n".join(lines)
        + "\nuse another output folder, the old settings, or --overwrite to mask everything again"
    )


def refuse_other_photographs(
    jobs: list[Job], records: Mapping[str, Earlier], config: RunConfig
) -> None:
    """Raises CollisionError where the masks of another folder's photographs would be overwritten.

    Photographs that have only moved have the same names and sizes in bytes. In the folder of the
    last run, one that has another size was edited, and is masked anew.
    """
    before = input_folder(read_run_json(config.output))
    if config.overwrite or before is None or before.resolve() == config.input.resolve():
        return
    done = ((image, record) for image, record in records.items() if record.is_done)
    taken = {output_stem(i, config.keep_extension): (i, r.input_bytes) for i, r in done}
    others = [j.image for j in jobs if taken.get(j.stem, _identity(j)) != _identity(j)]
    if others:
        raise CollisionError(
            f"{config.output} holds masks of other photographs, made from {before}, under the "
            f"names of {len(others)} in {config.input}, such as {others[0]!a}\n"
            "use another output folder, or --overwrite where these replace those"
        )


def _identity(job: Job) -> tuple[str, int]:
    return job.image, job.input_bytes
