"""automask.load_records: the ledger as a DataFrame."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import automask
from automask.errors import InstallationError
from automask.output.ledger import RecordWriter
from automask.records import ImageRecord
from automask.tabular import batches
from automask.tabular.extra import require

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    """b.jpg failed, a.jpg is masked."""
    with RecordWriter(tmp_path / "records" / "run.jsonl") as ledger:
        ledger.append(
            make_record(
                image="b.jpg", output=None, kinds=(), status="failed", error="damaged",
                width=None, score=None, confidence=None, flags=(), seconds_encode=None,
            )
        )  # fmt: skip
        ledger.append(make_record(image="a.jpg", flags=("tiny", "ambiguous")))
    return tmp_path


def test_there_is_a_row_for_each_image_and_a_column_for_each_field(output: Path) -> None:
    frame = automask.load_records(output)
    assert list(frame.columns) == [field.name for field in fields(ImageRecord)]
    assert list(frame.image) == ["a.jpg", "b.jpg"]


def test_types_are_those_to_compute_with(output: Path) -> None:
    frame = automask.load_records(str(output))
    assert frame.status.dtype == "category"
    assert frame.device.dtype == "category"
    assert frame.confidence.dtype == "Float64"
    assert frame.width.dtype == "Int64"
    assert frame["flags"][0] == ["tiny", "ambiguous"]
    assert frame.started_at[0] == pd.Timestamp("2024-05-01T10:00:00Z")
    assert str(frame.started_at.dt.tz) == "UTC"


def test_what_was_not_measured_is_na_and_no_zero(output: Path) -> None:
    failed = automask.load_records(output).set_index("image").loc["b.jpg"]
    assert failed.confidence is pd.NA
    assert failed.width is pd.NA
    assert failed.output is None
    assert failed.error == "damaged"


def test_several_batches_become_one_frame(
    tmp_path: Path, make_record: RecordMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RecordWriter(tmp_path / "records" / "run.jsonl") as ledger:
        for number in range(200):
            model = "tiny" if number < 100 else "vit_b"  # no batch knows all categories
            ledger.append(make_record(image=f"{number:03d}.jpg", model=model, score=None))
    monkeypatch.setattr(batches, "SAMPLED", 5)
    monkeypatch.setattr(
        "automask.tabular.frame.read_batches", lambda o: batches.read_batches(o, size=50)
    )
    frame = automask.load_records(tmp_path)
    assert list(frame.index) == list(range(200))
    assert frame.model.value_counts().to_dict() == {"tiny": 100, "vit_b": 100}
    assert frame.model.dtype == "category"
    assert frame.score.isna().all()


def test_a_run_that_finished_nothing_is_an_empty_frame_with_its_columns(tmp_path: Path) -> None:
    RecordWriter(tmp_path / "records" / "run.jsonl").close()
    frame = automask.load_records(tmp_path)
    assert frame.shape == (0, len(fields(ImageRecord)))
    assert frame.confidence.dtype == "Float64"


def test_a_name_that_is_not_utf8_stays_what_it_is(tmp_path: Path, make_record: RecordMaker) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    with RecordWriter(tmp_path / "records" / "run.jsonl") as ledger:
        ledger.append(make_record(image=name))
    assert os.fsencode(automask.load_records(tmp_path).image[0]) == b"caf\xe9.jpg"


def test_automask_itself_loads_no_pandas() -> None:
    code = "import sys, automask; print({'pandas', 'pyarrow', 'torch'} & {*sys.modules})"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"


def test_without_pandas_it_says_what_to_install(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)  # importing it now fails
    with pytest.raises(InstallationError, match="-m pip install pandas"):
        automask.load_records(output)


def test_a_library_that_lacks_another_is_not_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_a_library.py").write_text("import no_such_library_at_all")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_library_at_all"):
        require("half_a_library", "this test")
