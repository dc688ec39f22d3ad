"""What `automask review` refuses before it serves anything, and what it says at its end."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

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
