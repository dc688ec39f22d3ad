"""verdicts: what the command line says of images, into the store of decisions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automask.errors import UsageError
from automask.output.decisions import ACCEPTED, REJECTED, read_decisions
from automask.output.verdicts import decide, rejected_images
from automask.records import to_line

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    (tmp_path / "records").mkdir()
    records = (make_record(image=f"{n}.jpg", output=f"masks/{n}.png") for n in "ab")
    (tmp_path / "records" / "run.jsonl").write_text("".join(map(to_line, records)))
    return tmp_path


def test_a_rejected_image_is_kept_with_who_said_so(output: Path) -> None:
    assert decide(output, ["masks/a.png"], REJECTED, "Ann", "reject") == ["a.jpg"]
    decision = read_decisions(output)["a.jpg"]
    assert (decision.verdict, decision.reviewer, decision.source) == ("rejected", "Ann", "reject")
    assert rejected_images(output) == {"a.jpg"}


def test_an_accepted_image_is_rejected_no_more(output: Path) -> None:
    decide(output, ["a", "b"], REJECTED, "", "reject")
    decide(output, ["a"], ACCEPTED, "", "accept")
    assert rejected_images(output) == {"b.jpg"}


def test_one_wrong_name_and_nothing_is_decided(output: Path) -> None:
    with pytest.raises(UsageError):
        decide(output, ["a", "c"], REJECTED, "", "reject")
    assert rejected_images(output) == frozenset()
