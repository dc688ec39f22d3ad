"""Ledgers are read for what is newest, and merged, without holding their records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automask.output.ledger import merge, read_known, read_records
from automask.records import to_line

if TYPE_CHECKING:
    from conftest import RecordMaker

    from automask.records import ImageRecord


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a ledger of these records."""

    def write(name: str, *records: ImageRecord) -> Path:
        file = tmp_path / f"{name}.jsonl"
        file.write_text("".join(map(to_line, records)))
        return file

    return write


def told(file: Path) -> list[tuple[str, str]]:
    return [(record.image, record.status) for record in read_records(file)]


# What planning needs.


def test_of_one_ledger_the_last_line_of_an_image_counts(
    write: Callable[..., Path], make_record: RecordMaker
) -> None:
    file = write("run", make_record(status="failed"), make_record(status="ok"))
    assert read_known([file])["a.jpg"].is_done


def test_between_ledgers_the_later_run_counts_whatever_their_order(
    write: Callable[..., Path], make_record: RecordMaker
) -> None:
    later = write("a", make_record(status="ok", generation=2))
    earlier = write("b", make_record(status="failed", generation=1))
    assert read_known([later, earlier])["a.jpg"].status == "ok"
    assert read_known([earlier, later])["a.jpg"].status == "ok"


def test_a_clock_that_was_set_back_does_not_make_a_record_older(
    write: Callable[..., Path], make_record: RecordMaker
) -> None:
    first = write("a", make_record(status="failed", generation=1, started_at="2030-01-01"))
    second = write("b", make_record(status="ok", generation=2, started_at="2020-01-01"))
    assert read_known([first, second])["a.jpg"].status == "ok"


def test_what_is_kept_is_what_planning_needs(
    write: Callable[..., Path], make_record: RecordMaker
) -> None:
    file = write("run", make_record(kinds=("mask", "trimap"), input_bytes=7, input_mtime_ns=8))
    known = read_known([file])["a.jpg"]
    assert (known.kinds, known.input_bytes, known.input_mtime_ns) == (("mask", "trimap"), 7, 8)
    assert known.settings == "0123456789abcdef"


def test_only_the_images_that_are_wanted_are_kept(
    write: Callable[..., Path], make_record: RecordMaker
) -> None:
    file = write("run", make_record(image="a.jpg"), make_record(image="b.jpg"))
    assert list(read_known([file], lambda image: image == "b.jpg")) == ["b.jpg"]


@pytest.mark.parametrize("foreign", [b"{torn", b"[1, 2]\n", b'{"image": "x.jpg"}\n', b"\xff\xfe\n"])
def test_torn_and_foreign_lines_are_left_out(
    write: Callable[..., Path], make_record: RecordMaker, foreign: bytes
) -> None:
    file = write("run", make_record())
    file.write_bytes(file.read_bytes() + foreign)
    assert list(read_known([file])) == ["a.jpg"]


def test_a_ledger_that_is_missing_is_empty(tmp_path: Path) -> None:
    assert read_known([tmp_path / "none.jsonl"]) == {}


# Merging.


def test_merging_leaves_the_newest_line_of_each_image(
    write: Callable[..., Path], make_record: RecordMaker
) -> None:
    file = write(
        "run",
        make_record(image="a.jpg", status="failed"),
        make_record(image="b.jpg"),
        make_record(image="a.jpg"),
    )
    merge([file], file)
    assert told(file) == [("b.jpg", "ok"), ("a.jpg", "ok")]


def test_merging_many_leaves_one(write: Callable[..., Path], make_record: RecordMaker) -> None:
    shards = [
        write("shard-1", make_record(image="a.jpg", generation=2)),
        write("shard-2", make_record(image="b.jpg", generation=1)),
    ]
    target = write("run", make_record(image="a.jpg", status="failed", generation=1))
    merge([*shards, target], target)
    assert told(target) == [("a.jpg", "ok"), ("b.jpg", "ok")]
    assert [shard.exists() for shard in shards] == [False, False]


def test_a_torn_line_goes_and_the_next_record_gets_a_line_of_its_own(
    write: Callable[..., Path], make_record: RecordMaker
) -> None:
    file = write("run", make_record(image="a.jpg"), make_record(image="b.jpg"))
    file.write_bytes(file.read_bytes()[:-30])
    merge([file], file)
    assert file.read_bytes().endswith(b"}\n")
    assert told(file) == [("a.jpg", "ok")]


def test_a_whole_last_line_without_its_end_is_kept(
    write: Callable[..., Path], make_record: RecordMaker
) -> None:
    file = write("run", make_record(image="a.jpg"))
    file.write_bytes(file.read_bytes()[:-1])
    merge([file], file)
    assert file.read_text() == to_line(make_record(image="a.jpg"))


def test_a_tidy_ledger_is_not_written_again(
    write: Callable[..., Path], make_record: RecordMaker
) -> None:
    file = write("run", make_record(image="a.jpg"), make_record(image="b.jpg"))
    before = file.stat().st_ino
    merge([file], file)
    assert file.stat().st_ino == before


def test_what_a_killed_merge_left_goes(
    write: Callable[..., Path], make_record: RecordMaker
) -> None:
    file = write("run", make_record())
    file.with_suffix(".partial").write_text("half")
    merge([file], file)
    assert not file.with_suffix(".partial").exists()


def test_names_that_are_no_text_survive(
    write: Callable[..., Path], make_record: RecordMaker
) -> None:
    file = write("run", make_record(image="\udcff.jpg"), make_record(image="\udcff.jpg"))
    merge([file], file)
    assert told(file) == [("\udcff.jpg", "ok")]
