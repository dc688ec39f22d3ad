"""estimate: by what an output's own records and files have measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automask.output.estimate import Estimate, estimate
from automask.output.ledger import RecordWriter

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    """Two masked images, of 1 and 3 s and 100 and 300 bytes; one that failed."""
    (tmp_path / "trimaps").mkdir()
    with RecordWriter(tmp_path / "records" / "run.jsonl") as ledger:
        for name, seconds, size in (("a", 1.0, 100), ("b", 3.0, 300)):
            output = f"trimaps/{name}.png"
            ledger.append(make_record(image=name, output=output, seconds_total=seconds))
            (tmp_path / output).write_bytes(bytes(size))
        ledger.append(make_record(image="c", status="failed", output=None, seconds_total=99.0))
    return tmp_path


def test_means_are_of_the_masked_images(output: Path) -> None:
    assert estimate(output, ["trimap"]) == Estimate(2, 2.0, 200.0)


def test_a_kind_that_is_new_counts_as_the_largest_there_is(output: Path) -> None:
    assert estimate(output, ["trimap", "mask"]) == Estimate(2, 2.0, 400.0)


def test_of_an_empty_output_nothing_is_known(tmp_path: Path) -> None:
    assert estimate(tmp_path, ["trimap"]) is None
