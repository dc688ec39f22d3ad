"""`automask report`, and the report at the end of `automask run`."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from report_folders import make_output, named
from rich.console import Console

import automask.runs.prepare
import automask.runs.progress
import automask.runs.runner
from automask.cli import main
from automask.commands import report as command
from automask.commands.report import report_after_run
from automask.report import build
from automask.runs.summary import RunSummary
from automask.sharding.shard import Shard

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    return make_output(tmp_path, named(make_record, ["a.jpg"]))


def call(*arguments: object, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of `automask report ARGUMENTS`, run in this process."""
    monkeypatch.setattr(sys, "argv", ["automask", "report", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_the_page_lies_in_the_output(
    output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(output, monkeypatch=monkeypatch) == 0
    assert capsys.readouterr().out == f"report: {output}/report.html\n"
    assert (output / "report.html").is_file()


def test_out_names_another_file_and_open_shows_it(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    page = tmp_path / "new folder" / "r.html"
    assert call(output, "--out", page, "--open", monkeypatch=monkeypatch) == 0
    assert opened == [page.resolve().as_uri()]
    assert page.is_file()


def test_photographs_that_moved_are_missed_until_they_are_named(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    moved = (tmp_path / "in").rename(tmp_path / "moved")
    assert call(output, monkeypatch=monkeypatch) == 0
    assert "1 photographs are not where the run had them" in capsys.readouterr().out
    (tmp_path / "empty").mkdir()
    assert call(output, "--images", tmp_path / "empty", monkeypatch=monkeypatch) == 0
    assert f"1 photographs are not in {tmp_path}/empty" in capsys.readouterr().out
    assert call(output, "--images", moved, monkeypatch=monkeypatch) == 0
    assert "photographs are not" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "holds no records of a run"),
        (["out", "--images", "nowhere"], "--images nowhere is not a folder"),
        (["out", "--out", "page.pdf"], "--out must end in .html or .htm"),
    ],
)
def test_wrong_usage_is_refused(
    output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: list[str], words: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(output.parent)
    assert call(*arguments, monkeypatch=monkeypatch) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("a bug")])
def test_no_fault_of_the_report_reaches_the_run(
    output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:  # fmt: skip
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(build, "write_report", fail)
    report_after_run(Console(soft_wrap=True), output, output.parent / "in")
    assert f"no report: {type(error).__name__}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "shard", "is_written"),
    [([], Shard(1, 1), True), (["--no-report"], Shard(1, 1), False), ([], Shard(1, 2), False)],
)
def test_a_run_ends_with_its_report_but_a_task_of_an_array_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    flags: list[str], shard: Shard, is_written: bool,
) -> None:  # fmt: skip
    told: list[tuple[Path, Path]] = []
    folders = SimpleNamespace(input=tmp_path / "in", output=tmp_path / "out")
    prepared = SimpleNamespace(shard=shard, config=folders)
    monkeypatch.setattr(automask.runs.prepare, "prepare", lambda _: prepared)
    monkeypatch.setattr(automask.runs.runner, "execute", lambda *_: RunSummary(images=1, failed=1))
    for printed in ("print_start", "print_summary"):
        monkeypatch.setattr(automask.runs.progress, printed, lambda *_: None)
    monkeypatch.setattr(
        "automask.commands.run.report_after_run", lambda _, out, images: told.append((out, images))
    )
    monkeypatch.setattr(sys, "argv", ["automask", "run", "in", "out", *flags])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    assert told == ([(tmp_path / "out", tmp_path / "in")] if is_written else [])


def test_the_command_imports_nothing_heavy() -> None:
    assert not {"numpy", "matplotlib", "jinja2", "rich"} & vars(command).keys()
