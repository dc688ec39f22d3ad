"""`automask records`: what to check first, and all records as a file."""

from __future__ import annotations

import csv
import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from automask.cli import main
from automask.output.ledger import RecordWriter, load_records
from automask.records import parse_line
from automask.tabular import batches

if TYPE_CHECKING:
    from conftest import RecordMaker

HOSTILE = (
    "=1+1.jpg",
    "'quoted.jpg",
    "<img src=x onerror=alert(1)>.jpg",
    '"><script>alert(1)</script>.jpg',
    "two\nlines\t\r.jpg",
    "\x1b[31mred\x1b[2J.jpg",
    "exe.\u202egpj",
    "[bold]markup[/].jpg",
    os.fsdecode(b"caf\xe9.jpg"),
)


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    """Three images: sure, failed, not sure."""
    with RecordWriter(tmp_path / "out" / "records" / "run.jsonl") as ledger:
        ledger.append(make_record(image="sure.jpg", confidence=0.9, flags=()))
        ledger.append(
            make_record(image="failed.jpg", status="failed", confidence=None, error="damaged")
        )
        ledger.append(make_record(image="unsure.jpg", confidence=0.1, flags=("tiny", "ambiguous")))
    return tmp_path / "out"


@pytest.fixture
def hostile(tmp_path: Path, make_record: RecordMaker) -> Path:
    """Images whose names would do harm, and an error with such a name."""
    with RecordWriter(tmp_path / "out" / "records" / "run.jsonl") as ledger:
        for name in HOSTILE:
            ledger.append(make_record(image=name, status="failed", error=f"{name}: damaged"))
    return tmp_path / "out"


def call(*arguments: object, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of `automask records ARGUMENTS`, run in this process."""
    monkeypatch.setattr(sys, "argv", ["automask", "records", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_the_least_sure_come_first(
    output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(output, "--lowest", 2, monkeypatch=monkeypatch) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("3 images: 1 failed, 2 ok; 1 to check: 1 below 0.5")
    lines = [line.split() for line in told]
    assert lines[2:] == [
        ["failed.jpg", "failed", "-", "damaged"],
        ["unsure.jpg", "ok", "0.100", "tiny", "ambiguous"],
    ]


def test_of_many_batches_the_least_sure_are_the_same(
    tmp_path: Path,
    make_record: RecordMaker,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with RecordWriter(tmp_path / "records" / "run.jsonl") as ledger:
        for number in range(100):
            confidence = (number * 37 % 100) / 100
            ledger.append(make_record(image=f"{number:02d}.jpg", confidence=confidence))
    monkeypatch.setattr(batches, "SAMPLED", 3)
    monkeypatch.setattr(batches.read_batches, "__defaults__", (None, 10))
    call(tmp_path, "--lowest", 4, monkeypatch=monkeypatch)
    lines = capsys.readouterr().out.splitlines()[2:]
    assert [line.split()[2] for line in lines] == ["0.000", "0.010", "0.020", "0.030"]


def test_parquet_has_columns_with_types(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = output / "r.parquet"
    assert call(output, "--out", file, monkeypatch=monkeypatch) == 0
    table = parquet.read_table(file)
    assert table.column("image").to_pylist() == ["failed.jpg", "sure.jpg", "unsure.jpg"]
    assert table.column("confidence").to_pylist() == [None, 0.9, 0.1]
    assert table.column("flags").to_pylist()[2] == ["tiny", "ambiguous"]
    instant = datetime(2024, 5, 1, 10, tzinfo=timezone.utc)
    assert table.column("started_at").to_pylist()[0] == instant
    assert table.schema.field("width").type == pa.int64()
    assert pa.types.is_dictionary(table.schema.field("status").type)


def test_batches_with_other_categories_are_one_parquet_file(
    tmp_path: Path, make_record: RecordMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RecordWriter(tmp_path / "records" / "run.jsonl") as ledger:
        for number in range(100):
            ledger.append(make_record(image=f"{number:02d}.jpg", worker=f"host:{number // 9}"))
    monkeypatch.setattr(batches, "SAMPLED", 3)
    monkeypatch.setattr(batches.read_batches, "__defaults__", (None, 10))
    file = tmp_path / "r.parquet"
    assert call(tmp_path, "--out", file, monkeypatch=monkeypatch) == 0
    table = parquet.read_table(file)
    assert parquet.ParquetFile(file).num_row_groups > 5
    assert table.column("worker").to_pylist() == [f"host:{n // 9}" for n in range(100)]


def test_csv_has_a_line_for_each_image(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = output / "r.csv"
    assert call(output, "--out", file, monkeypatch=monkeypatch) == 0
    failed, _, unsure = rows(file)
    assert (failed["confidence"], failed["error"]) == ("", "damaged")
    assert (unsure["flags"], unsure["width"]) == ("tiny ambiguous", "320")


def test_json_lines_are_the_ledgers_own(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = output / "r.txt"
    assert call(output, "--to", "jsonl", "--out", file, monkeypatch=monkeypatch) == 0
    records = [parse_line(line) for line in file.read_text().splitlines()]
    assert {r.image: r for r in records if r} == load_records(output)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "csv"], "--to csv needs --out FILE"),
        (["--out", "records.xlsx"], "in what format? Let its name end in .parquet, .csv, .jsonl"),
    ],
)
def test_wrong_usage_says_what_to_do(
    output: Path,
    arguments: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(output, *arguments, monkeypatch=monkeypatch) == 2
    assert words in capsys.readouterr().err


def test_without_pyarrow_a_file_that_was_there_stays(
    output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = output / "r.parquet"
    file.write_text("earlier")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "pyarrow.parquet", raising=False)
    assert call(output, "--out", file, monkeypatch=monkeypatch) == 2
    assert "-m pip install pyarrow" in capsys.readouterr().err
    assert file.read_text() == "earlier"
    assert sorted(path.name for path in output.iterdir()) == ["r.parquet", "records"]


# Names that would do harm.


def test_hostile_names_are_harmless_on_the_terminal(
    hostile: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(hostile, monkeypatch=monkeypatch)
    out = capsys.readouterr().out
    assert all(line.isprintable() for line in out.splitlines())
    for spelt in (r"two\nlines\t\r.jpg", r"\x1b[31mred", r"exe.\u202egpj", r"caf\udce9", "[bold]"):
        assert spelt in out


def test_hostile_names_are_harmless_in_csv(hostile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = hostile / "r.csv"
    call(hostile, "--out", file, monkeypatch=monkeypatch)
    text = file.read_text(encoding="utf-8")
    assert all(line.isprintable() for line in text.splitlines())
    found = rows(file)
    assert len(found) == len(HOSTILE)
    assert not [v for row in found for v in row.values() if v.startswith(tuple("=+-@\t\r"))]
    names = {row["image"] for row in found}
    assert {"'=1+1.jpg", "''quoted.jpg", r"two\nlines\t\r.jpg", r"caf\udce9.jpg"} <= names


def test_hostile_names_come_back_from_json_lines(
    hostile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = hostile / "r.jsonl"
    call(hostile, "--out", file, monkeypatch=monkeypatch)
    lines = file.read_text(encoding="ascii").splitlines()
    assert {json.loads(line)["image"] for line in lines} == set(HOSTILE)


def test_hostile_names_are_data_in_parquet_and_stray_bytes_are_spelt(
    hostile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = hostile / "r.parquet"
    call(hostile, "--out", file, monkeypatch=monkeypatch)
    names = set(parquet.read_table(file).column("image").to_pylist())
    assert names == {*HOSTILE[:-1], r"caf\udce9.jpg"}


def test_a_hostile_name_in_an_error_is_spelt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(tmp_path / "\x1b[31m\u202e", monkeypatch=monkeypatch) == 2
    shown = capsys.readouterr().err
    assert r"\x1b[31m\u202e has no records" in shown
    assert all(line.isprintable() for line in shown.splitlines())
