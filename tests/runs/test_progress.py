"""progress: what a person sees of a run, on a terminal and in a log file."""

from __future__ import annotations

import io
import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from automask.config import RunConfig
from automask.output.attention import ToCheck
from automask.output.ledger import RecordWriter
from automask.output.pace import Pace
from automask.output.plan import Plan
from automask.pool.crew import Crew
from automask.records import Job
from automask.runs import progress
from automask.runs.progress import (
    BarProgress,
    LogProgress,
    make_progress,
    print_plan,
    print_summary,
)
from automask.runs.summary import RunSummary
from automask.show.console import duration, shown

if TYPE_CHECKING:
    from conftest import RecordMaker


class Clock:
    """Time that passes when a test says so, seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


@pytest.fixture
def make_record(make_record: RecordMaker) -> RecordMaker:
    """Of images that were begun as soon as the run was: a rate begins with the first one."""
    return lambda **changes: make_record(**{"seconds_total": 1e6, **changes})


def log_console() -> Console:
    """A console as the command line makes it where there is no terminal."""
    return Console(
        file=io.StringIO(),
        force_terminal=False,
        soft_wrap=True,
        width=250,
        emoji=False,
        highlight=False,
    )


def terminal_console() -> Console:
    terminal = {"TERM": "xterm"}  # whatever this test itself runs on
    return Console(
        file=io.StringIO(), force_terminal=True, width=120, color_system=None, _environ=terminal
    )


def text_of(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def printed(text: str) -> str:
    console = log_console()
    console.print(text, end="", highlight=False)
    return text_of(console)


# shown: what a name may do to a terminal, it does not.


@pytest.mark.parametrize(
    ("name", "harmless"),
    [
        ("plain name.jpg", "plain name.jpg"),
        ("café \U0001f408.jpg", "café \U0001f408.jpg"),
        ("two\nlines.jpg", r"two\nlines.jpg"),
        ("back\rto start", r"back\rto start"),
        ("\x1b[31mred.jpg", r"\x1b[31mred.jpg"),
        ("\x1b]0;title\x07.jpg", r"\x1b]0;title\x07.jpg"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        (os.fsdecode(b"caf\xe9.jpg"), r"caf\udce9.jpg"),
        ("[red]shoe[/].jpg", "[red]shoe[/].jpg"),
        ("[/].jpg", "[/].jpg"),
        ("a\\[b].jpg", "a\\[b].jpg"),
        ("[link=http://x]y", "[link=http://x]y"),
    ],
    ids=["plain", "not ASCII", "newline", "carriage return", "escape", "title", "right to left",
         "not UTF-8", "markup", "closing tag", "backslash", "link"],
)  # fmt: skip
def test_a_name_is_printed_as_one_harmless_line(name: str, harmless: str) -> None:
    assert printed(shown(name)) == harmless


# duration.


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (3.21, "3.2 s"),
        (12.4, "12 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3599.6, "1 h 00 min"),
        (25_500, "7 h 05 min"),
        (360_000, "100 h 00 min"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


# Without a terminal: plain lines, now and then.


def test_without_a_terminal_progress_is_a_log() -> None:
    assert isinstance(make_progress(log_console()), LogProgress)


def test_on_a_terminal_progress_is_a_bar() -> None:
    assert isinstance(make_progress(terminal_console()), BarProgress)


def started_log(total: int, done_before: int) -> tuple[LogProgress, Console]:
    console = log_console()
    log = LogProgress(console)
    log.begin(total, done_before)
    return log, console


def test_a_log_has_a_line_each_half_minute(clock: Clock, make_record: RecordMaker) -> None:
    log, console = started_log(100, 0)
    for _ in range(7):  # finished at 10, 20, ... 70 s
        clock.now += 10
        log.finished(make_record())
    assert [line.split(" images")[0] for line in text_of(console).splitlines()] == [
        "3/100",
        "6/100",
    ]


def test_rate_and_time_left_are_measured_on_the_images_of_this_run(
    clock: Clock, make_record: RecordMaker
) -> None:
    # 2 of 10 were done before; 4 in 60 s are 15 s each, 240 an hour; the other 4 take 60 s.
    log, console = started_log(10, 2)
    clock.now += 60
    for status in ("ok", "no_object", "ok"):
        log.tally.add(make_record(status=status))
    log.finished(make_record())
    assert text_of(console) == "6/10 images, 0 failed, 240 images/h, 1 min 00 s left\n"


def test_the_start_up_is_no_part_of_the_rate(clock: Clock, make_record: RecordMaker) -> None:
    # A minute of start-up, then two images in 20 s: 360 an hour.
    log, console = started_log(2, 0)
    clock.now += 70
    log.tally.add(make_record(seconds_total=10.0))
    clock.now += 10
    log.finished(make_record(seconds_total=10.0))
    assert text_of(console) == "2/2 images, 0 failed, 360 images/h\n"


def test_a_failure_has_its_own_line_at_once(clock: Clock, make_record: RecordMaker) -> None:
    log, console = started_log(10, 0)
    clock.now += 1
    log.finished(make_record(image="b.jpg", status="failed", error="'b.jpg': not an image"))
    assert text_of(console) == "failed b.jpg: not an image\n"  # the name once


def test_failures_are_counted(clock: Clock, make_record: RecordMaker) -> None:
    log, console = started_log(10, 0)
    for status in ("failed", "ok", "failed"):
        clock.now += 10
        log.finished(make_record(status=status, error="bad"))
    assert "3/10 images, 2 failed, 360 images/h" in text_of(console).splitlines()[-1]


def test_a_long_failure_is_one_line_of_the_log(clock: Clock, make_record: RecordMaker) -> None:
    log, console = started_log(10, 0)
    clock.now += 1
    name = "folder/" * 50 + "a.jpg"
    log.finished(make_record(image=name, status="failed", error="bad\nin two lines"))
    assert text_of(console) == f"failed {name}: bad\\nin two lines\n"


def test_a_failure_names_an_image_as_it_is_called(clock: Clock, make_record: RecordMaker) -> None:
    log, console = started_log(10, 0)
    clock.now += 1
    log.finished(make_record(image="my:dog:[b].jpg", status="failed", error="bad"))
    assert text_of(console) == "failed my:dog:[b].jpg: bad\n"


def test_a_log_ends_with_a_line(clock: Clock, make_record: RecordMaker) -> None:
    log, console = started_log(1, 0)
    clock.now += 2
    log.finished(make_record())
    log.end()
    assert text_of(console) == "1/1 images, 0 failed, 1,800 images/h\n"


@pytest.mark.usefixtures("clock")
def test_a_log_of_nothing_to_do_is_empty() -> None:
    log, console = started_log(5, 5)
    log.end()
    assert text_of(console) == ""


def test_a_log_holds_no_control_characters(clock: Clock, make_record: RecordMaker) -> None:
    log, console = started_log(2, 0)
    for _ in range(2):
        clock.now += 40
        log.finished(make_record(image="\x1b[31mred.jpg", status="failed", error="\x07bell"))
    log.end()
    assert [c for c in text_of(console) if not c.isprintable() and c != "\n"] == []


# On a terminal: a bar.


def test_a_bar_shows_images_done_failures_and_the_rate(
    clock: Clock, make_record: RecordMaker
) -> None:
    console = terminal_console()
    bar = BarProgress(console)
    bar.begin(10, 2)
    clock.now += 30
    bar.finished(make_record(status="failed", error="bad"))
    bar.end()
    # 1 image in 30 s is 120 an hour, and 7 more take 210 s.
    assert "3/10 120 images/h, 3 min 30 s left 1 failed" in text_of(console)


@pytest.mark.usefixtures("clock")
def test_a_bar_promises_nothing_before_the_first_image() -> None:
    console = terminal_console()
    bar = BarProgress(console)
    bar.begin(10, 2)
    bar.end()
    assert "2/10 measuring" in text_of(console)


# The summary.


def summary_of(failures: int = 0) -> RunSummary:
    return RunSummary(
        images=10,
        ok=6 - failures,
        no_object=1,
        failed=failures,
        skipped=3,
        failures=[(f"{n}.jpg", "bad") for n in range(failures)],
        seconds_wall=63.0,
        pace=Pace(images=7, began=0.0, ended=60.0),
        output=Path("out"),
    )


def test_a_summary_tells_what_became_of_the_images_and_how_fast() -> None:
    # 7 images in 63 s, of which 60 s from the first one's start to the last one's end.
    console = log_console()
    print_summary(console, summary_of())
    assert text_of(console).splitlines() == [
        "10 images: 6 masked, 1 without object, 0 failed, 3 done before",
        "1 min 03 s with the start-up, 420 images/h while masking; results in out",
    ]


def test_a_summary_names_the_failures() -> None:
    console = log_console()
    print_summary(console, summary_of(failures=2))
    assert text_of(console).splitlines()[2:] == ["  failed 0.jpg: bad", "  failed 1.jpg: bad"]


def test_of_many_failures_a_summary_names_20_and_counts_the_rest() -> None:
    console = log_console()
    print_summary(console, summary_of(failures=23))
    assert text_of(console).splitlines()[-2:] == [
        "  failed 19.jpg: bad",
        "  and 3 more, see records/ in the output folder",
    ]


def test_a_summary_of_a_run_with_nothing_to_do_claims_no_rate() -> None:
    console = log_console()
    print_summary(console, RunSummary(images=3, skipped=3, seconds_wall=0.5))
    assert text_of(console) == "3 images: 0 masked, 0 without object, 0 failed, 3 done before\n"


# What people did.


def told(summary: RunSummary) -> str:
    console = log_console()
    print_summary(console, summary)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_summary_names_what_people_mended() -> None:
    text = told(RunSummary(images=3, ok=2, redrawn=1, mended=["a.png"], output=Path("my out")))
    assert "1 image has results mended by hand, which are kept" in text
    assert "; 1 drawn again from them: a.png (--overwrite" in text


def test_a_summary_names_missing_results_and_how_to_keep_them_out() -> None:
    text = told(RunSummary(images=2, ok=2, missing=["x.png", "y.png"], output=Path("my out")))
    assert (
        "2 results were missing and were made again: x.png, y.png; to keep one out, automask "
        "reject 'my out' NAME"
    ) in text


def test_a_summary_counts_what_is_rejected() -> None:
    text = told(RunSummary(images=2, skipped=1, rejected=1, output=Path("out")))
    assert "1 image is rejected and left alone; automask accept out NAME takes one back" in text


# What of the input is not masked, and what a run would do.


def test_a_summary_counts_what_was_left_out_and_names_what_was_not_seen() -> None:
    console = log_console()
    left_out = {".cr2": 1, ".mov": 2}
    print_summary(console, RunSummary(left_out=left_out, unseen=("lost+found (denied)",)))
    text = text_of(console)
    assert "left out: 2 .mov, 1 .cr2 (a camera's raw file: pip install 'automask[raw]')" in text
    assert "not seen, cannot be read: lost+found (denied)" in text


def test_a_plan_says_why_each_image_would_be_masked(tmp_path: Path) -> None:
    console = log_console()
    config = RunConfig(input=tmp_path, output=tmp_path / "out")
    prepared = SimpleNamespace(
        config=config, crew=Crew(2, 1), device="cpu", left_out={"hidden": 3}, unseen=()
    )
    job = Job("a.jpg", "a", 1, 1, why="its content has changed")
    print_plan(console, prepared, Plan(todo=[job], done=[]))  # type: ignore[arg-type]
    text = text_of(console)
    assert "a.jpg: its content has changed" in text
    assert "left out: 3 hidden" in text
    assert "no estimate of time and disk" in text


def test_a_plan_estimates_time_and_disk_by_what_was_measured(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    (tmp_path / "trimaps").mkdir()
    (tmp_path / "trimaps" / "a.png").write_bytes(bytes(3_000))
    with RecordWriter(tmp_path / "records" / "run.jsonl") as ledger:
        ledger.append(make_record(seconds_total=6.0))
    prepared = SimpleNamespace(
        config=RunConfig(input=tmp_path, output=tmp_path), crew=Crew(2, 1), device="cpu",
        left_out={}, unseen=(),
    )  # fmt: skip
    console = log_console()
    jobs = [Job(f"{n}.jpg", f"{n}", 1, 1, why="new") for n in range(10)]
    print_plan(console, prepared, Plan(todo=jobs, done=[]))  # type: ignore[arg-type]
    text = text_of(console)
    assert "about 30 s and 30 kB, by the 1 image that this output has measured" in text


def test_a_summary_tells_how_many_to_check_of_the_whole_output() -> None:
    summary = RunSummary(images=9, ok=1, skipped=8, to_check=ToCheck(2, 1), output=Path("my out"))
    assert "3 to check: 2 below 0.5, 1 with a flag only; automask records 'my out'" in told(summary)
