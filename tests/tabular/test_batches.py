"""The newest record of each image, a batch at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automask.errors import UsageError
from automask.output.ledger import RecordWriter, load_records
from automask.records import ImageRecord
from automask.tabular import batches
from automask.tabular.batches import read_batches

if TYPE_CHECKING:
    from conftest import RecordMaker


def ledger(output: Path, name: str, records: list[ImageRecord]) -> None:
    with RecordWriter(output / "records" / f"{name}.jsonl") as writer:
        for record in records:
            writer.append(record)


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    """Two ledgers of 300 images; every third image is in both, every seventh twice in one."""
    numbers = [place * 37 % 300 for place in range(300)]  # in no order
    first = [make_record(image=f"{n:03d}.jpg", attempts=1) for n in numbers]
    first += [make_record(image=f"{n:03d}.jpg", attempts=2) for n in numbers if n % 7 == 0]
    later = "2024-05-02T10:00:00.000+00:00"
    second = [
        make_record(image=f"{n:03d}.jpg", attempts=3, started_at=later)
        for n in numbers
        if n % 3 == 0
    ]
    ledger(tmp_path, "one", first)
    ledger(tmp_path, "two", second)
    return tmp_path


def test_a_short_ledger_is_one_batch_in_the_order_of_the_names(output: Path) -> None:
    (batch,) = read_batches(output)
    assert [record.image for record in batch] == [f"{n:03d}.jpg" for n in range(300)]


def test_a_long_ledger_comes_in_parts_with_the_same_records(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SAMPLED", 5)
    parts = list(read_batches(output, size=60))
    assert len(parts) > 4
    assert max(map(len, parts)) < 2 * 60
    assert {r.image: r for part in parts for r in part} == load_records(output)
    images = [record.image for part in parts for record in part]
    assert images == sorted(images)
    assert len(images) == 300


def test_what_was_laid_out_is_gone_afterwards(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SAMPLED", 5)
    room = tmp_path / "room"
    room.mkdir()
    seen = []
    for _ in read_batches(output, room, size=60):
        seen.append(len(list(room.iterdir())))
    assert set(seen) == {1}
    assert list(room.iterdir()) == []


def test_torn_and_foreign_lines_cost_themselves_alone(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SAMPLED", 1)
    whole = load_records(output)
    with (output / "records" / "one.jsonl").open("a") as file:
        file.write('{"image": 7}\n[]\nnull\n\xff\n\n{"image": "000.jpg", "status')
    assert {r.image: r for part in read_batches(output, size=60) for r in part} == whole


def test_a_folder_without_a_ledger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no records/"):
        list(read_batches(tmp_path))
