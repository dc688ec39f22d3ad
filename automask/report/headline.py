"""The text and figures of the page: headline, completeness, settings."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from automask.config import flat
from automask.evaluate.reviewed import worth
from automask.image.left_out import told_left_out
from automask.output.decisions import read_decisions
from automask.records import FAILED, NO_OBJECT, OK
from automask.report.read import Run
from automask.report.timeline import Timeline
from automask.report.timing import Timing
from automask.show.console import duration, visible

PROGRAM = "automask"


@dataclass(frozen=True)
class Item:
    """One figure of the top line. mood: "", good, warn or bad; long: takes two places."""

    label: str
    value: str
    note: str = ""
    mood: str = ""


@dataclass(frozen=True)
class Table:
    """Names and values to look up."""

    title: str
    rows: tuple[tuple[str, str], ...]
    is_open: bool = False
    is_list: bool = False  # a line for each, for values of all lengths


def headline(run: Run, timeline: Timeline) -> list[Item]:
    """The figures at the top of the page."""
    counts = Counter(record.status for record in run.records)
    return [
        Item("images", f"{len(run.records):,}"),
        Item("masked", f"{counts[OK]:,}"),
        Item("no object", f"{counts[NO_OBJECT]:,}"),
        Item("failed", f"{counts[FAILED]:,}", mood="bad" if counts[FAILED] else ""),
        Item("to check", f"{sum(map(run.needs_look, run.records)):,}"),
        *_reviewed(run),
        Item("images/hour", f"{timeline.images_per_hour:,.0f}", "while working"),
        Item("wall time", duration(timeline.seconds_wall), _pauses(timeline)),
        Item("model", _several(record.model for record in run.records), _models_note(run), "long"),
        Item("device", _device(run), mood="long"),
    ]


def _reviewed(run: Run) -> list[Item]:
    """What people made of it; nothing where nobody has looked."""
    came_to = worth(run.output, read_decisions(run.output))
    if came_to is None:
        return []
    iou = "" if came_to.iou is None else f", IoU {came_to.iou:.2f} before"
    return [Item("reviewed", f"{came_to.settled:,}", f"{came_to.changed:,} changed{iou}")]


def finish(run: Run) -> Item:
    """Whether the run finished, as a sentence."""
    if run.missing is None:
        words = (
            "Whether every photograph has been masked is unknown: the input folder is not "
            "where it was. automask report OUTPUT --images FOLDER looks there."
        )
        return Item("", words, mood="warn")
    limit, of_each = run.setting("config", "limit"), _of_each_task(run)
    if run.missing:
        where = f" among the first {limit:,}{of_each} (--limit {limit})" if run.beyond else ""
        words = (
            f"Not finished. Photographs without a record{where}: {run.missing:,}. "
            "The same command goes on where it stopped."
        )
        return Item("", words, mood="bad")
    if run.beyond:
        words = (
            f"Finished: the first {limit:,} photographs{of_each} have a record (--limit {limit}). "
            f"{run.beyond:,} more lie in the input folder without one."
        )
        return Item("", words, mood="good")
    return Item("", "Finished: every photograph of the input folder has a record.", mood="good")


def _of_each_task(run: Run) -> str:
    tasks = int(run.setting("tasks") or 1)
    return f" of each of {tasks:,} tasks" if tasks > 1 else ""


def timing_words(timing: Timing, timeline: Timeline) -> str:
    """The sentence above the plots of time."""
    if not timing.totals:
        return "No image was finished."
    return (
        f"An image took {timing.median:.2f} s in its worker (median; 95 % took {timing.p95:.2f} s "
        f"or less). All times are the records' own: from the first image's start to the last one's "
        f"end, without the start-up before. The first image was begun at "
        f"{timeline.began:%Y-%m-%d %H:%M:%S} UTC."
    )


def command_line(run: Run) -> str:
    """The command of the last call, quoted for a shell; "" if unknown."""
    words = run.setting("command")
    if not isinstance(words, list) or len(words) < 2:
        return ""
    return visible(shlex.join([PROGRAM, *map(str, words[1:])]))


def notes(run: Run) -> list[str]:
    """Warnings about mixed settings or checkpoints."""
    told = []
    left_out, unseen = run.setting("left_out"), run.setting("unseen")
    if isinstance(left_out, dict) and left_out:
        told.append(f"Left out of the input: {visible(told_left_out(left_out))}.")
    if isinstance(unseen, list) and unseen:
        told.append(f"Not seen, since it could not be read: {visible(', '.join(unseen))}.")
    if len({record.settings for record in run.records if record.is_done}) > 1:
        told.append("Not all images were masked with the same settings.")
    if len({record.model_sha256 for record in run.records}) > 1:
        told.append("Not all images were masked with the same checkpoint.")
    return told


def tables(run: Run) -> list[Table]:
    """Machine, versions and settings of `run.json`; the checkpoint's hash from the records."""
    described = run.described
    machine = {
        "checkpoint": _several(record.model for record in run.records),
        "checkpoint SHA-256": _several(record.model_sha256 for record in run.records),
        "checkpoint file": described.get("model_file"),
        "generator": _several(record.generator for record in run.records),
        "computed in": _several(record.dtype for record in run.records),
        "last call at": described.get("started_at"),
        "host": described.get("host"),
        "processor": described.get("cpu"),
        "device": described.get("device_name"),
        "cores": described.get("cores"),
        "workers": described.get("workers"),
        "threads of each": described.get("threads"),
    }
    return [
        Table("Checkpoint and machine", _rows(machine), is_open=True, is_list=True),
        Table("Versions", _rows(described.get("versions") or {}), is_open=True),
        Table("Settings", _rows(flat(described.get("config") or {}))),
        Table("Settings of the generator", _rows(described.get("generator_settings") or {})),
    ]


def _pauses(timeline: Timeline) -> str:
    count = len(timeline.sessions) - 1
    if not count:
        return ""
    pauses = "a pause" if count == 1 else f"{count} pauses"
    return f"of it {duration(timeline.seconds_paused)} in {pauses} between runs"


def _device(run: Run) -> str:
    devices = _several(record.device for record in run.records)
    name = run.setting("device_name")
    return f"{devices}: {visible(str(name))}" if name else devices


def _models_note(run: Run) -> str:
    hashes = {record.model_sha256 for record in run.records}
    return f"SHA-256 {min(hashes)[:12]}…" if len(hashes) == 1 else f"{len(hashes)} checkpoints"


def _several(values: Iterable[object]) -> str:
    return visible(", ".join(sorted({str(value) for value in values})))


def _rows(values: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    known = {name: value for name, value in values.items() if value is not None}
    return tuple((visible(str(name)), visible(str(value))) for name, value in known.items())
