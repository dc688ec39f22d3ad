"""`automask status` and `automask merge`, as a person and a program see them."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automask.cli import main
from automask.output.ledger import RecordWriter
from automask.output.task import TaskNote, held, ledger, write_note
from automask.sharding.shard import parse

if TYPE_CHECKING:
    from conftest import RecordMaker

SHARD = parse("1/2")
NOTE = TaskNote(
    SHARD.task_name, "of-2", images=2, everywhere=3, todo=2, generation=1, started=0.0, host="node"
)


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    """The first of two tasks has masked one image of two, and failed at none."""
    write_note(tmp_path, NOTE)
    with RecordWriter(ledger(tmp_path, SHARD.task_name)) as writer:
        writer.append(make_record(image="a.jpg"))
    return tmp_path


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """A function: exit code and what `automask ARGUMENTS` prints."""

    def call(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["automask", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    return call


def test_something_left_is_told_and_is_no_success(output: Path, call) -> None:
    code, told = call("status", output)
    assert code == 1
    assert "1 masked, 0 without object, 0 failed, 2 left" in told
    assert "shard-0001-of-0002 on node: ended early, 1 of 2 left" in told
    assert "1 images belong to tasks that have not started" in told


def test_everything_done_is_no_success_while_a_task_is_at_work(output: Path, call) -> None:
    write_note(output, replace(NOTE, images=1, everywhere=1, todo=1))
    with held(output, SHARD):  # it has just begun again, and has not said yet what is left
        assert call("status", output)[0] == 1
    assert call("status", output)[0] == 0


def test_an_output_where_nothing_has_begun_is_no_success(tmp_path: Path, call) -> None:
    (tmp_path / "records").mkdir()  # a task was ended as soon as it held its lock
    for command in ("status", "merge"):
        code, told = call(command, tmp_path)
        assert code == 1
        assert "no task has started" in told


def test_everything_done_is_a_success(output: Path, call) -> None:
    write_note(output, replace(NOTE, images=1, everywhere=1, todo=1))
    code, told = call("status", output)
    assert code == 0
    assert "0 left" in told


def test_a_failure_is_named_and_is_no_success(output: Path, call, make_record: RecordMaker) -> None:
    write_note(output, replace(NOTE, images=1, everywhere=1, todo=1))
    with RecordWriter(ledger(output, SHARD.task_name)) as writer:
        writer.append(make_record(image="\x1b[2Jb.jpg", status="failed", error="damaged"))
    code, told = call("status", output)
    assert code == 1
    assert "failed \\x1b[2Jb.jpg: damaged" in told


def test_a_program_gets_the_same_as_json(output: Path, call) -> None:
    code, told = call("status", output, "--json")
    assert code == 1
    values = json.loads(told)
    assert (values["ok"], values["left"], values["not_begun"]) == (1, 2, 1)
    assert values["tasks"][0]["task"] == "shard-0001-of-0002"


def test_a_task_at_work_is_told(output: Path, call) -> None:
    with held(output, SHARD):
        assert "on node: at work" in call("status", output)[1]


@pytest.mark.parametrize("command", ["status", "merge"])
def test_a_folder_of_something_else_is_refused(tmp_path: Path, call, command: str) -> None:
    code, told = call(command, tmp_path)
    assert code == 2
    assert "is not the output of a run" in told


def test_merging_leaves_one_ledger_and_a_report(output: Path, call) -> None:
    code, told = call("merge", output)
    assert code == 1  # two images are left
    assert "2 left" in told
    assert sorted(p.name for p in (output / "records").glob("*.jsonl")) == ["run.jsonl"]
    assert (output / "report.html").is_file()


def test_the_report_may_be_left_out(output: Path, call) -> None:
    call("merge", output, "--no-report")
    assert not (output / "report.html").exists()


def test_nothing_is_merged_while_a_task_is_at_work(output: Path, call) -> None:
    with held(output, SHARD):
        code, told = call("merge", output)
    assert code == 5
    assert "shard-0001-of-0002 runs on" in told


def test_an_output_that_cannot_be_looked_at_is_named(tmp_path: Path, call) -> None:
    code, told = call("status", tmp_path / ("x" * 300))  # no file system takes such a name
    assert code == 2
    assert "cannot look at" in told
    assert "File name too long" in told
