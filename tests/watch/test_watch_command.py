"""`automask watch`: photographs arrive while it works; the model draws a square."""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import FINE, RAISES, fake_context, make_images

from automask.cli import main
from automask.output.ledger import load_records
from automask.runs import dispatch
from automask.watch import extra

WAIT_SECONDS = 60


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A function: watches tmp_path/in while `meanwhile` happens; exit code and JSON lines."""
    real = dispatch.worker_setup

    def fake_setup(*given: Any) -> Any:
        return replace(real(*given), make_context=fake_context, imports="json")

    monkeypatch.setattr(dispatch, "worker_setup", fake_setup)

    def call(meanwhile: Callable[[], None], *flags: object) -> tuple[int, list[dict[str, Any]]]:
        folders = (tmp_path / "in", tmp_path / "out")
        ways = ("--device", "cpu", "--workers", 1, "--settle", 0.2, "--no-report", "--json")
        given = ["automask", "watch", *folders, *ways, *flags]
        monkeypatch.setattr(sys, "argv", [str(word) for word in given])
        other = threading.Thread(target=meanwhile)
        other.start()
        with pytest.raises(SystemExit) as ended:
            main()
        other.join()
        lines = capsys.readouterr().out.splitlines()
        return int(ended.value.code or 0), [json.loads(line) for line in lines]

    return call


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < until, "gave up waiting"
        time.sleep(0.05)


def masked(output: Path) -> set[str]:
    return set(load_records(output))


def test_what_arrives_is_masked_by_the_worker_that_is_there(call, tmp_path: Path) -> None:
    make_images(tmp_path / "later", [FINE, RAISES])
    (tmp_path / "in").mkdir()

    def meanwhile() -> None:
        for name in ("00.png", "01.png"):
            shutil.copyfile(tmp_path / "later" / name, tmp_path / "in" / name)
            wait_for(lambda name=name: name in masked(tmp_path / "out"))

    code, told = call(meanwhile, "--idle", 2)
    images = [message for message in told if message["message_type"] == "image"]
    assert [(image["image"], image["status"]) for image in images] == [
        ("00.png", "ok"),
        ("01.png", "failed"),
    ]
    assert len({image["worker"] for image in images}) == 1
    assert (code, told[-1]["images"], told[-1]["failed"]) == (1, 2, 1)
    assert (tmp_path / "out" / "trimaps" / "00.png").is_file()


def test_what_is_done_is_not_masked_again_and_a_changed_file_is(call, tmp_path: Path) -> None:
    make_images(tmp_path / "in", [FINE, FINE])
    time.sleep(0.3)
    code, told = call(lambda: None, "--idle", 0.5)
    assert (code, told[-1]["ok"]) == (0, 2)

    def change() -> None:
        make_images(tmp_path / "new", [FINE + 1])
        shutil.copyfile(tmp_path / "new" / "00.png", tmp_path / "in" / "00.png")

    code, told = call(change, "--idle", 2)
    assert (code, told[-1]["ok"], told[-1]["skipped"]) == (0, 1, 1)


def test_without_watchfiles_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda _name: None)
    monkeypatch.setattr(sys, "argv", ["automask", "watch", str(tmp_path), str(tmp_path / "o")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "pip install watchfiles" in capsys.readouterr().err
