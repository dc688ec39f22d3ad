"""What is done already, and what is left: a rerun masks only what is new or changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from automask.config import RunConfig
from automask.errors import CollisionError, SettingsChangedError
from automask.image.names import normal
from automask.image.results import look
from automask.image.scan import output_stem
from automask.output.decisions import REJECTED, Decision
from automask.output.run_json import input_folder, mask_settings, read_run_json
from automask.output.unchanged import Earlier, change, contents_compared
from automask.records import Job

SHOWN_CHANGES = 12
NAMES_OF_WEIGHTS = ("model", "arch")  # as 0.1 recorded them too, beside the SHA-256 that counts
NOTHING_DECIDED: Mapping[str, Decision] = {}
NEW = "new"
OVERWRITTEN = "another image has written its results since"


@dataclass(frozen=True)
class Plan:
    """The jobs of a run, split by what earlier runs and people left."""

    todo: list[Job]  # each says why
    done: list[Job]
    redraw: list[Job] = field(default_factory=list)  # of a mended result, without the model
    rejected: list[Job] = field(default_factory=list)  # by a person: left alone
    mended: list[Job] = field(default_factory=list)  # all that have a person's results, for the log
    missing: list[Job] = field(default_factory=list)  # of `todo`: their results are gone
    restaged: list[Job] = field(default_factory=list)  # of `done`: another time, the same content


def make_plan(
    jobs: list[Job],
    records: Mapping[str, Earlier],
    settings: str,
    config: RunConfig,
    decisions: Mapping[str, Decision] = NOTHING_DECIDED,
) -> Plan:
    """Splits the jobs; with `overwrite` everything is to do that nobody has rejected.

    An image is done only when its outputs exist and no other image has written them since, its
    record says ok or no_object, its file is the one that was masked (see unchanged.py), and the
    settings (a digest) are the same. What a person mended stays, and the rest is drawn from it.
    Results keep the spelling of the name that they have.
    """
    plan = Plan([], [])
    taken = _taken(jobs, records, config)
    same = contents_compared(jobs, records, config.input)
    for job in jobs:
        record = records.get(job.image)
        why: str | None = NEW
        if record is not None and record.image and record.image != job.image:
            job = replace(job, stem=output_stem(record.image, config.keep_extension))
        if record is not None and record.generation < taken.get(normal(job.stem), 0):
            record, why = None, OVERWRITTEN
        if record is not None:
            why = "other settings" if record.settings != settings else change(job, record, same)
        _sort_in(plan, job, record, why, config, decisions.get(job.image))
    return plan


def _sort_in(
    plan: Plan,
    job: Job,
    record: Earlier | None,
    fault: str | None,
    config: RunConfig,
    decision: Decision | None,
) -> None:
    """fault: why nothing that an earlier run left is true any more; None: it is."""
    if decision is not None and decision.verdict == REJECTED:
        plan.rejected.append(job)
        return
    if record is None:
        plan.todo.append(replace(job, why=fault or NEW))
        return
    if not record.is_done and not config.overwrite and _has_drawing(config, decision):
        plan.mended.append(job)  # no record tells of it: the machine had failed
        plan.done.append(job)
        return
    there = look(config.output, job.stem, record.left, decision.files if decision else {})
    kinds = () if fault else tuple(sorted(there.kinds))
    if config.overwrite:
        plan.todo.append(replace(job, kinds=kinds, why="--overwrite"))
        return
    if there.mended:
        plan.mended.append(job)
    if record.is_done and set(kinds).issuperset(config.kinds) and not there.is_stale:
        plan.done.append(job)
        if record.input_mtime_ns != job.input_mtime_ns:
            plan.restaged.append(job)
        return
    if record.is_done and not fault and set(record.kinds) & set(config.kinds) - set(kinds):
        plan.missing.append(job)
    left = replace(record.left, mended=there.mended)
    has_marks = bool(left.packed or left.mended)  # without any, nothing can be compared
    why = fault or _why(record, kinds, config)
    job = replace(job, kinds=kinds, left=left if has_marks else None, why=why)
    (plan.redraw if there.source else plan.todo).append(job)


def _has_drawing(config: RunConfig, decision: Decision | None) -> bool:
    """Whether a person left results of an image, which are there."""
    files = {} if decision is None or not decision.is_usable else decision.files
    return any((config.output / name).is_file() for name in files)


def _why(record: Earlier, kinds: Collection[str], config: RunConfig) -> str:
    """Why an image is masked again although what there is of it is true."""
    if not record.is_done:
        return "failed before"
    wanted = [kind for kind in config.kinds if kind not in kinds]
    missing = [kind for kind in wanted if kind in record.kinds]
    if missing:
        return f"missing: {', '.join(missing)}"
    return f"not saved before: {', '.join(wanted)}" if wanted else "another result was mended"


def _taken(jobs: list[Job], records: Mapping[str, Earlier], config: RunConfig) -> dict[str, int]:
    """Which run last wrote results of an image that is gone now, by the name of these results.

    a.jpg and a.png have the same, one after the other.
    """
    taken: dict[str, int] = {}
    if sum(job.image in records for job in jobs) == len(records):
        return taken  # as nearly always: a million images need no second index
    there = {normal(job.image) for job in jobs}
    for image, record in records.items():
        if normal(image) not in there:
            stem = normal(output_stem(image, config.keep_extension))
            taken[stem] = max(taken.get(stem, 0), record.generation)
    return taken


def refuse_other_settings(output: Path, settings: dict[str, Any]) -> None:
    """Raises SettingsChangedError, naming what differs, if `run.json` has others."""
    earlier = mask_settings(read_run_json(output))
    if earlier is None:
        return
    known = {*earlier, *settings} - {*NAMES_OF_WEIGHTS}
    names = sorted(name for name in known if earlier.get(name) != settings.get(name))
    if not names:
        return
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
    taken = {
        normal(output_stem(i, config.keep_extension)): (normal(i), r.input_bytes) for i, r in done
    }
    others = [j.image for j in jobs if taken.get(normal(j.stem), _identity(j)) != _identity(j)]
    if others:
        raise CollisionError(
            f"{config.output} holds masks of other photographs, made from {before}, under the "
            f"names of {len(others)} in {config.input}, such as {others[0]!a}\n"
            "use another output folder, or --overwrite where these replace those"
        )


def _identity(job: Job) -> tuple[str, int]:
    return normal(job.image), job.input_bytes
