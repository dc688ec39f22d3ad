"""What `automask run` tells programs, logs and the command at its end; nothing is masked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import make_images

import automask.runs.runner
from automask.cli import main
from automask.image.process import Outcome

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.fixture
def call(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    make_record: RecordMaker,
):
    """A function: exit code, standard output and error of a run in which 01.png fails."""
    make_images(tmp_path / "in", [0, 0])

    def outcomes(_prepared: Any, plan: Any, *_: Any) -> Iterator[Outcome]:
        for job in plan.todo:
            is_bad = job.image == "01.png"
            changes = {"status": "failed", "error": "damaged"} if is_bad else {}
            yield Outcome(make_record(image=job.image, **changes))

    monkeypatch.setattr(automask.runs.runner, "outcomes", outcomes)

    def call(*flags: object) -> tuple[int, str, str]:
        folders = (tmp_path / "in", tmp_path / "out")
        given = ["automask", "run", *folders, "--device", "cpu", "--no-report", *flags]
        monkeypatch.setattr(sys, "argv", [str(word) for word in given])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return call


def test_standard_output_is_for_json_lines_alone(call) -> None:
    code, out, err = call("--json")
    told = [json.loads(line) for line in out.splitlines()]
    kinds = [message["message_type"] for message in told]
    assert kinds == ["status", "image", "image", "status", "summary"]
    assert told[-1]["failures"] == [["01.png", "damaged"]]
    assert (code, told[-1]["exit_code"]) == (1, 1)
    assert "2 images: 1 masked" in err


def test_json_lines_go_into_a_file_and_text_to_the_terminal(call, tmp_path: Path) -> None:
    _, out, _ = call(f"--json={tmp_path / 'lines.jsonl'}", "-v")
    assert "00.png: ok, confidence 0.5" in out
    last = (tmp_path / "lines.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["message_type"] == "summary"


def test_quiet_leaves_failures_and_the_summary(call) -> None:
    _, out, _ = call("-q")
    assert out.splitlines()[0] == "failed 01.png: damaged"
    assert "images/h" not in out.splitlines()[1]


def test_an_error_is_told_to_the_log_and_to_the_command_at_the_end(call, tmp_path: Path) -> None:
    copy = f"{sys.executable} -c 'import sys; open(sys.argv[1], \"w\").write(sys.stdin.read())'"
    flags = ("--log-file", tmp_path / "log", "--on-finish", f"{copy} {tmp_path / 'got'}")
    code, _, err = call("--model", "no_such_model", *flags)
    told = json.loads((tmp_path / "got").read_text())
    assert (code, told["message_type"], told["error"]) == (2, "error", "ConfigError")
    assert told["message"] in err
    assert "error run: no checkpoint is called" in (tmp_path / "log").read_text()


def test_verbose_and_quiet_contradict_each_other(call) -> None:
    code, _, err = call("-v", "-q")
    assert code == 2
    assert "do not go together" in err
