"""What `automask review` refuses before it serves anything, and what it says at its end."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from review_desk import make_desk, write_output

from automask.errors import InstallationError, UsageError
from automask.output.decisions import Decision, append_decision
from automask.review.source import open_source
from automask.review.start import print_end, review
from automask.show.console import make_console
from automask.web import extra

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    return write_output(tmp_path, [make_record(image=f"{n}.png") for n in range(10)])


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no records of a run"):
        review(tmp_path, "all", "Ada", make_console())


def test_photographs_that_have_moved_are_asked_for(output: Path) -> None:
    (output.parent / "in").rename(output.parent / "moved")
    with pytest.raises(UsageError, match="say where with --images FOLDER"):
        open_source(output)
    assert open_source(output, output.parent / "moved").photographs.name == "moved"


def test_without_its_packages_the_extra_is_named(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(extra, "import_module", missing)
    with pytest.raises(InstallationError, match=r"pip install 'automask\[review\]'"):
        review(output, "all", "Ada", make_console())


def test_at_its_end_it_says_what_came_of_it(output: Path) -> None:
    desk = make_desk(output, "sample:5")
    for number, item in enumerate(desk.worklist.items[:4]):
        verdict = "rejected" if number == 0 else "accepted"
        append_decision(output, Decision(item.record.image, verdict, seconds=6))
    text = io.StringIO()
    print_end(make_console(text), desk)
    assert text.getvalue().splitlines() == [
        "1 of 5 left; 1 rejected, 3 accepted",
        "4 reviewed, 6 s each: 0 changed, 1 rejected",
        "of 4 masks drawn at random 1 were bad: 25.0% of the whole run, 4.6% to 69.9% "
        "(95 % interval)",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_it_still_says_what_came_of_it(
    output: Path, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "automask", "review", str(output), "--queue", "all"]
    with subprocess.Popen(
        [*command, "--model", "none", "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        address = re.search(r"http://\S+", server.stdout.readline() + server.stdout.readline())
        assert address is not None
        while not _answers(address.group()):
            time.sleep(0.1)
        server.send_signal(number)
        told = server.stdout.read()
    assert server.returncode == 0
    assert told.endswith("10 of 10 left; nothing decided\n")


def _answers(address: str) -> bool:
    try:
        return httpx.get(address).status_code == 303
    except httpx.TransportError:
        return False
