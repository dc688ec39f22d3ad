"""`automask reject` and `automask accept`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from automask.cli import app
from automask.output.verdicts import rejected_images
from automask.records import to_line

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    (tmp_path / "records").mkdir()
    record = make_record(image="a.jpg", output="masks/a.png", kinds=("mask",))
    (tmp_path / "records" / "run.jsonl").write_text(to_line(record))
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "a.png").write_bytes(b"a mask")
    return tmp_path


def call(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_reject_names_the_image_and_touches_no_file(output: Path) -> None:
    told = call("reject", output, output / "masks" / "a.png")
    assert "rejected a.jpg" in told
    assert rejected_images(output) == {"a.jpg"}
    assert (output / "masks" / "a.png").read_bytes() == b"a mask"


def test_accept_takes_an_image_back(output: Path) -> None:
    call("reject", output, "a.jpg")
    assert "accepted a.jpg" in call("accept", output, "a.jpg")
    assert rejected_images(output) == frozenset()
