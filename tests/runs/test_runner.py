"""A run gives its output back only when nobody writes there any more."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from automask.config import RunConfig, settings_digest
from automask.errors import Interrupted, OutputError
from automask.image.fingerprint import fingerprint
from automask.image.process import Outcome
from automask.output.ledger import RecordWriter, load_records
from automask.output.task import is_running
from automask.runs import runner
from automask.runs.prepare import prepare
from automask.runs.summary import Silence
from automask.system.signals import Stop

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunConfig:
    """Of a run over one photograph, which nobody masks."""
    (tmp_path / "in").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "in" / "a.png")
    monkeypatch.setattr(runner, "outcomes", lambda *_: (one for one in ()))
    return RunConfig(input=tmp_path / "in", output=tmp_path / "out", device="cpu")


def test_the_command_that_made_a_run_is_written_down(config: RunConfig) -> None:
    command = ["automask", "run", "in", "out"]
    runner.execute(prepare(config), Silence(), Stop(), command)
    assert json.loads((config.output / "run.json").read_text())["command"] == command


def test_of_a_run_from_python_there_is_no_command(config: RunConfig) -> None:
    # sys.argv is that of the script, or notebook, that called.
    runner.run(config)
    assert json.loads((config.output / "run.json").read_text())["command"] is None


def test_an_interrupted_run_tells_how_far_it_came_and_how_to_go_on(
    config: RunConfig, make_record: RecordMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("b.png", "c.png"):
        Image.new("RGB", (8, 8)).save(config.input / name)
    stop = Stop()

    def one_and_a_signal(*_: Any) -> Iterator[Outcome]:
        yield Outcome(make_record(image="a.png"))
        stop.exit_code = 130

    monkeypatch.setattr(runner, "outcomes", one_and_a_signal)
    with pytest.raises(Interrupted) as caught:
        runner.execute(prepare(config), Silence(), stop)
    assert caught.value.told == "1 of 3 done. Run the same command to go on."


def test_the_workers_are_ended_before_the_lock_is_given_back(
    tmp_path: Path, make_record: RecordMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "in" / "a.png")
    output = tmp_path / "out"
    locked_when_ended: list[bool] = []

    def full_disk(*_: Any) -> Iterator[Outcome]:
        try:
            yield Outcome(make_record(status="failed", error="disk full"), is_fatal=True)
        finally:
            locked_when_ended.append(is_running(output, "run"))

    monkeypatch.setattr(runner, "outcomes", full_disk)
    prepared = prepare(RunConfig(input=tmp_path / "in", output=output, device="cpu"))
    with pytest.raises(OutputError, match="disk full"):
        runner.execute(prepared, Silence(), Stop())
    assert locked_when_ended == [True]
    assert not is_running(output, "run")


# What the input holds beside photographs.


def test_a_folder_that_cannot_be_read_makes_the_exit_code_1_and_is_written_down(
    config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    (config.input / "lost+found").mkdir()
    (config.input / "notes.txt").touch()
    real = os.scandir

    def scandir(path: Path) -> Any:
        if Path(path).name == "lost+found":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    summary = runner.run(config)
    assert (summary.exit_code, summary.images) == (1, 1)
    assert summary.unseen == ("lost+found (Permission denied)",)
    described = json.loads((config.output / "run.json").read_text())
    assert described["unseen"] == ["lost+found (Permission denied)"]
    assert described["left_out"] == {".txt": 1}


def test_a_staged_photograph_s_new_time_is_recorded(
    config: RunConfig, make_record: RecordMaker
) -> None:
    prepared = prepare(config)
    (job,) = prepared.jobs
    record = make_record(
        image="a.png",
        settings=settings_digest(prepared.settings),
        input_bytes=job.input_bytes,
        input_mtime_ns=7,
        input_hash=fingerprint(config.input / "a.png"),
    )
    with RecordWriter(config.output / "records" / "run.jsonl") as ledger:
        ledger.append(record)
    (config.output / "trimaps").mkdir()
    (config.output / "trimaps" / "a.png").touch()
    assert runner.run(config).skipped == 1
    (known,) = load_records(config.output).values()
    assert known == replace(record, input_mtime_ns=job.input_mtime_ns)
