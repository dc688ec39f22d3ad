"""records: the ledger of a run, one JSON line for each photograph."""

from __future__ import annotations

import errno
import json
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automask.output.ledger import RecordWriter, load_records, read_records
from automask.records import ImageRecord, parse_line, to_line

if TYPE_CHECKING:
    from conftest import RecordMaker


@contextmanager
def disk_with_room_for(file: Path, more_bytes: int) -> Iterator[None]:
    """Lets the file grow by so many bytes only: the system writes what fits, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + more_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def images(file: Path) -> list[str]:
    return [record.image for record in read_records(file)]


# One line.


def test_a_record_comes_back_from_its_line_as_it_was(make_record: RecordMaker) -> None:
    record = make_record()
    assert parse_line(to_line(record)) == record


def test_absent_values_come_back_as_none(make_record: RecordMaker) -> None:
    record = make_record(status="failed", output=None, width=None, score=None, error="no image")
    assert parse_line(to_line(record)) == record


def test_a_line_is_json_with_the_fields_by_name(make_record: RecordMaker) -> None:
    values = json.loads(to_line(make_record(flags=("tiny", "ambiguous"))))
    assert set(values) == set(ImageRecord.__dataclass_fields__)
    assert (values["image"], values["seconds_total"]) == ("a.jpg", 0.7)
    assert values["flags"] == ["tiny", "ambiguous"]


@pytest.mark.parametrize(
    "name",
    [os.fsdecode(b"caf\xe9.jpg"), "café \U0001f408.jpg", "new\nline\u2028\r.jpg", 'it\'s "q".jpg'],
    ids=["not UTF-8", "not ASCII", "line ends", "quotes"],
)
def test_a_strange_name_comes_back_and_its_line_is_one_line_of_ascii(
    make_record: RecordMaker, name: str
) -> None:
    line = to_line(make_record(image=name))
    record = parse_line(line)
    assert record is not None
    assert record.image == name
    assert line.isascii()
    assert line.splitlines(keepends=True) == [line]


@pytest.mark.parametrize(
    "line", ["", "\n", "{}", "5", "null", "[]", "\0\0\0\0", '{"image": "a.jpg"}', "no JSON"]
)
def test_a_foreign_line_is_no_record(line: str) -> None:
    assert parse_line(line) is None


def test_a_line_torn_anywhere_is_no_record(make_record: RecordMaker) -> None:
    whole = to_line(make_record()).rstrip("\n")
    assert [n for n in range(len(whole)) if parse_line(whole[:n]) is not None] == []


def test_a_line_from_before_objects_were_counted_is_a_record(make_record: RecordMaker) -> None:
    values = json.loads(to_line(make_record()))
    del values["objects"]
    assert parse_line(json.dumps(values)) == make_record(objects=None)


def test_a_line_without_one_of_the_fields_is_no_record(make_record: RecordMaker) -> None:
    values = json.loads(to_line(make_record()))
    del values["settings"]
    assert parse_line(json.dumps(values)) is None


def test_a_line_with_something_else_in_place_of_the_flags_is_no_record(
    make_record: RecordMaker,
) -> None:
    values = json.loads(to_line(make_record()))
    assert parse_line(json.dumps({**values, "flags": None})) is None


def test_fields_of_a_later_version_are_ignored(make_record: RecordMaker) -> None:
    values = json.loads(to_line(make_record()))
    assert parse_line(json.dumps({**values, "mood": "sunny"})) == make_record()


@pytest.mark.parametrize(
    ("status", "is_done"), [("ok", True), ("no_object", True), ("failed", False)]
)
def test_a_photograph_without_object_is_done_and_a_failed_one_is_not(
    make_record: RecordMaker, status: str, is_done: bool
) -> None:
    assert make_record(status=status).is_done is is_done


# A file of lines.


def test_records_are_read_in_the_order_they_were_written(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    with RecordWriter(tmp_path / "run.jsonl") as writer:
        for name in ("b.jpg", "a.jpg", "c.jpg"):
            writer.append(make_record(image=name))
    assert images(tmp_path / "run.jsonl") == ["b.jpg", "a.jpg", "c.jpg"]


def test_a_missing_file_holds_no_records(tmp_path: Path) -> None:
    assert images(tmp_path / "run.jsonl") == []


def test_a_torn_last_line_costs_that_record_alone(tmp_path: Path, make_record: RecordMaker) -> None:
    whole = to_line(make_record())
    (tmp_path / "run.jsonl").write_text(whole + to_line(make_record(image="b.jpg"))[:100])
    assert images(tmp_path / "run.jsonl") == ["a.jpg"]


def test_bytes_of_a_damaged_disk_cost_their_line_alone(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    lines = [
        to_line(make_record()).encode(),
        b"\xff\0\xfe\n",
        to_line(make_record(image="b.jpg")).encode(),
    ]
    (tmp_path / "run.jsonl").write_bytes(b"".join(lines))
    assert images(tmp_path / "run.jsonl") == ["a.jpg", "b.jpg"]


# The records of an output folder.


def test_an_output_folder_without_records_has_none(tmp_path: Path) -> None:
    assert load_records(tmp_path) == {}


def test_records_are_found_by_their_image_in_all_files(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    for name in ("a", "b"):
        with RecordWriter(tmp_path / "records" / f"{name}.jsonl") as writer:
            writer.append(make_record(image=f"{name}.jpg"))
    assert load_records(tmp_path) == {
        "a.jpg": make_record(image="a.jpg"),
        "b.jpg": make_record(image="b.jpg"),
    }


def test_of_two_records_of_an_image_in_one_file_the_later_line_counts(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    with RecordWriter(tmp_path / "records" / "run.jsonl") as writer:
        writer.append(make_record(status="failed"))
        writer.append(make_record(status="ok"))
    assert load_records(tmp_path)["a.jpg"].status == "ok"


@pytest.mark.parametrize(("older", "newer"), [("run", "shard-1"), ("shard-1", "run")])
def test_of_two_records_of_an_image_in_two_files_that_of_the_later_run_counts(
    tmp_path: Path, make_record: RecordMaker, older: str, newer: str
) -> None:
    # The clock was set back between the two runs.
    for name, status, generation, hour in ((older, "failed", 1, 11), (newer, "ok", 2, 10)):
        started_at = f"2024-05-01T{hour}:00:00.000+00:00"
        with RecordWriter(tmp_path / "records" / f"{name}.jsonl") as writer:
            writer.append(make_record(status=status, generation=generation, started_at=started_at))
    assert load_records(tmp_path)["a.jpg"].status == "ok"


def test_files_that_are_no_ledgers_are_not_read(tmp_path: Path, make_record: RecordMaker) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "run.partial").write_text(to_line(make_record()))
    assert load_records(tmp_path) == {}


# Appending.


def test_a_record_is_in_the_file_before_append_returns(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    with RecordWriter(tmp_path / "records" / "run.jsonl") as writer:
        writer.append(make_record())
        assert images(tmp_path / "records" / "run.jsonl") == ["a.jpg"]


def test_a_writer_goes_on_after_the_records_of_an_earlier_one(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    for name in ("a.jpg", "b.jpg"):
        with RecordWriter(tmp_path / "run.jsonl") as writer:
            writer.append(make_record(image=name))
    assert images(tmp_path / "run.jsonl") == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize("room", [0, 1, 100])
def test_a_record_that_does_not_fit_on_the_disk_is_an_error_and_leaves_no_torn_line(
    tmp_path: Path, make_record: RecordMaker, room: int
) -> None:
    file = tmp_path / "run.jsonl"
    with RecordWriter(file) as writer:
        writer.append(make_record(image="a.jpg"))
        with disk_with_room_for(file, room), pytest.raises(OSError):  # noqa: PT011
            writer.append(make_record(image="b.jpg"))
    assert file.read_text() == to_line(make_record(image="a.jpg"))


def test_what_did_not_fit_reads_as_no_space_left(tmp_path: Path, make_record: RecordMaker) -> None:
    file = tmp_path / "run.jsonl"
    with RecordWriter(file) as writer, disk_with_room_for(file, 100):
        with pytest.raises(OSError, match="No space left") as caught:
            writer.append(make_record())
        assert caught.value.errno == errno.ENOSPC


def test_a_record_after_one_that_did_not_fit_is_whole(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    file = tmp_path / "run.jsonl"
    with RecordWriter(file) as writer:
        with disk_with_room_for(file, 100), pytest.raises(OSError, match="No space left"):
            writer.append(make_record(image="a.jpg"))
        writer.append(make_record(image="b.jpg"))
    assert file.read_text() == to_line(make_record(image="b.jpg"))


def test_two_records_in_a_row_that_do_not_fit_leave_no_torn_line(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    file = tmp_path / "run.jsonl"
    with RecordWriter(file) as writer, disk_with_room_for(file, 100):
        for name in ("a.jpg", "b.jpg"):
            with pytest.raises(OSError, match="No space left"):
                writer.append(make_record(image=name))
    assert file.read_bytes() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_device_that_is_full_is_an_error_not_a_loss_in_silence(make_record: RecordMaker) -> None:
    with RecordWriter(Path("/dev/full")) as writer, pytest.raises(OSError):  # noqa: PT011
        writer.append(make_record())
