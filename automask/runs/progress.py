"""How a run goes, on a terminal as a live bar, in a log file as a line now and then."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from automask.image.left_out import told_left_out
from automask.output.estimate import estimate
from automask.output.plan import Plan
from automask.records import FAILED, ImageRecord
from automask.runs.prepare import Prepared
from automask.runs.summary import RunSummary
from automask.show.console import duration, quoted, reason, shown
from automask.show.console import visible as visible

LOG_EVERY_SECONDS = 30.0
SHOWN_FAILURES = 20
SHOWN_NAMES = 10


class _Tally:
    """Counts and rates of the finished images, from the start of the first one: the model's own
    start-up is no part of it, as in the summary.
    """

    def __init__(self, total: int, done_before: int) -> None:
        self.total, self.done_before = total, done_before
        self.worked = self.failed = 0
        self.began = time.monotonic()

    def add(self, record: ImageRecord) -> None:
        if not self.worked:
            self.began = max(self.began, time.monotonic() - (record.seconds_total or 0.0))
        self.worked += 1
        self.failed += record.status == FAILED

    @property
    def done(self) -> int:
        return self.done_before + self.worked

    def rate(self) -> str:
        """images/hour and the time left, measured from finished images only."""
        if not self.worked:
            return "measuring"
        seconds_each = max(time.monotonic() - self.began, 1e-3) / self.worked
        rate = f"{3600 / seconds_each:,.0f} images/h"
        left = self.total - self.done
        return f"{rate}, {duration(left * seconds_each)} left" if left else rate


class LogProgress:
    """A plain line every half minute, and one for each failure."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def begin(self, total: int, done_before: int) -> None:
        self.tally = _Tally(total, done_before)
        self.last_line = time.monotonic()

    def finished(self, record: ImageRecord) -> None:
        self.tally.add(record)
        _tell_failure(self.console, record)
        if time.monotonic() - self.last_line >= LOG_EVERY_SECONDS:
            self.last_line = time.monotonic()
            self._line()

    def end(self) -> None:
        if self.tally.worked:
            self._line()

    def _line(self) -> None:
        t = self.tally
        self.console.print(f"{t.done}/{t.total} images, {t.failed} failed, {t.rate()}")


class BarProgress:
    """A live bar with images done, rate, failures and time left."""

    def __init__(self, console: Console) -> None:
        self.bar = Progress(
            TextColumn("masking"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[failed]}"),
            console=console,
        )

    def begin(self, total: int, done_before: int) -> None:
        self.tally = _Tally(total, done_before)
        self.bar.start()
        self.task: TaskID = self.bar.add_task(
            "", total=total, completed=done_before, **self._texts()
        )

    def finished(self, record: ImageRecord) -> None:
        self.tally.add(record)
        _tell_failure(self.bar.console, record)
        self.bar.update(self.task, advance=1, **self._texts())

    def end(self) -> None:
        self.bar.stop()

    def _texts(self) -> dict[str, Any]:
        failed = f"[red]{self.tally.failed} failed" if self.tally.failed else ""
        return {"rate": self.tally.rate(), "failed": failed}


class Failures:
    """Nothing but the failures."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def begin(self, total: int, done_before: int) -> None:
        """Nothing has failed yet."""

    def finished(self, record: ImageRecord) -> None:
        _tell_failure(self.console, record)

    def end(self) -> None:
        """The summary follows."""


def make_progress(console: Console) -> LogProgress | BarProgress:
    return BarProgress(console) if console.is_terminal else LogProgress(console)


def _tell_failure(console: Console, record: ImageRecord) -> None:
    if record.status == FAILED:
        error = shown(reason(record.image, record.error))
        console.print(f"[red]failed[/] {shown(record.image)}: {error}")


def print_summary(console: Console, summary: RunSummary) -> None:
    """What the run did, and which images failed."""
    s = summary
    worked = s.ok + s.no_object + s.failed
    others = f", {s.redrawn} drawn again" if s.redrawn else ""
    others += f", {s.rejected} rejected" if s.rejected else ""
    console.print(
        f"{s.images} images: {s.ok} masked, {s.no_object} without object, {s.failed} failed, "
        f"{s.skipped} done before{others}",
    )
    if worked:
        console.print(
            f"{duration(s.seconds_wall)} with the start-up, {s.images_per_hour:,.0f} images/h "
            f"while masking; results in {shown(str(s.output))}",
        )
    _tell_not_staged(console, s.not_staged)
    _tell_people_s_work(console, s)
    tell_left_out(console, s.left_out, s.unseen)
    if s.steps:
        console.print(f"memory ran short: went on with {', '.join(s.steps)}")
    if s.to_check.total:
        console.print(f"{s.to_check}; automask records {quoted(s.output)} lists them")
    for image, error in s.failures[:SHOWN_FAILURES]:
        console.print(f"  failed {shown(image)}: {shown(reason(image, error))}")
    if s.failed > SHOWN_FAILURES:
        more = s.failed - SHOWN_FAILURES
        console.print(f"  and {more} more, see records/ in the output folder")


def _tell_people_s_work(console: Console, s: RunSummary) -> None:
    """What people mended, rejected or took away, and what became of it."""
    output = quoted(s.output)
    if s.mended:
        redrawn = f"; {s.redrawn} drawn again from them" if s.redrawn else ""
        console.print(
            f"{plural(len(s.mended), 'image has', 'images have')} results mended by hand, which "
            f"are kept{redrawn}: {shown(_few(s.mended))} (--overwrite masks them anew)"
        )
    if s.missing:
        console.print(
            f"{plural(len(s.missing), 'result was', 'results were')} missing and "
            f"{'was' if len(s.missing) == 1 else 'were'} made again: {shown(_few(s.missing))}; to "
            f"keep one out, automask reject {output} NAME"
        )
    if s.rejected:
        console.print(
            f"{plural(s.rejected, 'image is', 'images are')} rejected and left alone; automask "
            f"accept {output} NAME takes one back"
        )


def _few(names: Sequence[str]) -> str:
    """a.png, b.png and 7 more"""
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {more:,} more" if more > 0 else "")


def plural(count: int, one: str, many: str) -> str:
    """1 image, 2 images"""
    return f"{count:,} {one if count == 1 else many}"


def tell_left_out(console: Console, left_out: Mapping[str, int], unseen: Sequence[str]) -> None:
    """What of the input is not masked, by kind; and which folders could not be read."""
    if left_out:
        console.print(f"left out: {shown(told_left_out(left_out))}")
    for folder in unseen[:SHOWN_FAILURES]:
        console.print(f"[red]not seen[/], cannot be read: {shown(folder)}")
    if len(unseen) > SHOWN_FAILURES:
        console.print(f"  and {len(unseen) - SHOWN_FAILURES} more folders")


def print_start(console: Console, prepared: Prepared) -> None:
    """Which part of the images this task masks, and who said so; nothing where it is all."""
    shard, mine = prepared.shard, len(prepared.jobs)
    if shard.source:
        console.print(
            f"shard {shard}, by {shown(shard.source)}: {mine:,} of {mine + prepared.elsewhere:,} "
            f"images, records in {shard.task_name}.jsonl"
        )
    _tell_not_staged(console, prepared.not_staged)
    _tell_prompts(console, prepared)


def _tell_prompts(console: Console, prepared: Prepared) -> None:
    if prepared.config.prompts is None:
        return
    count = sum(job.prompts is not None for job in prepared.jobs)
    others = len(prepared.jobs) - count
    rest = f"; the model looks for the object of the other {others}" if others else ""
    console.print(f"{count} images have prompts in {shown(str(prepared.config.prompts))}{rest}")
    unused = prepared.unused_prompts
    if unused:
        more = f" and {len(unused) - 1} more" if len(unused) > 1 else ""
        console.print(f"[yellow]no image fits[/] {shown(unused[0])}{more}")


def _tell_not_staged(console: Console, fault: str | None) -> None:
    if fault is not None:
        console.print(f"[red]weights not staged[/]: {shown(fault)}")


def print_plan(console: Console, prepared: Prepared, plan: Plan) -> None:
    """What a run would do."""
    crew, scheduler = prepared.crew, prepared.config.scheduler
    where = f"{prepared.device}, {crew.workers} workers x {crew.threads} threads"
    console.print(
        f"would mask {len(plan.todo)} images, {len(plan.done)} are done; model "
        f"{shown(prepared.config.model)} on "
        + (f"the workers of {shown(scheduler)}" if scheduler else where),
    )
    tell_left_out(console, prepared.left_out, prepared.unseen)
    if plan.todo:
        console.print(_estimated(prepared, plan))
    for job in plan.todo:
        console.print(f"  {shown(job.image)}: {job.why}")
    if plan.redraw:
        console.print(f"would draw {len(plan.redraw)} again from results mended by hand")
        for job in plan.redraw:
            console.print(f"  {shown(job.image)}")
    if plan.rejected:
        console.print(f"would leave {len(plan.rejected)} alone that are rejected")


def _estimated(prepared: Prepared, plan: Plan) -> str:
    found = estimate(prepared.config.output, prepared.config.kinds)
    if found is None:
        return "no estimate of time and disk: nothing in this output has been measured yet"
    room = _size(found.bytes_each * len(plan.todo))
    workers = prepared.crew.workers
    took = f"{duration(found.seconds_each * len(plan.todo) / workers)} and " if workers else ""
    images = plural(found.measured, "image", "images")
    return f"about {took}{room}, by the {images} that this output has measured"


def _size(count: float) -> str:
    """12 kB, 3.4 MB, 5.6 GB"""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count / 1e3:,.0f} kB"
