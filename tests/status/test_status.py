"""How far an output is."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automask.errors import LockedError
from automask.output.ledger import RecordWriter, read_records
from automask.output.task import TaskNote, held, ledger, read_notes, write_note
from automask.sharding.shard import parse
from automask.status.merge import merge_output
from automask.status.status import read_status

if TYPE_CHECKING:
    from conftest import RecordMaker

    from automask.records import ImageRecord

ONE, TWO = parse("1/2"), parse("2/2")
BEGAN = 1_000_000.0
DAY = "2024-05-01T"
NOTE = TaskNote("run", "run", images=4, everywhere=4, todo=4, generation=1, started=BEGAN, host="h")


def append(output: Path, task: str, *records: ImageRecord, seconds: float = 0.0) -> None:
    """Records of a task, the last one written so many seconds after it began."""
    with RecordWriter(ledger(output, task)) as writer:
        for record in records:
            writer.append(record)
    os.utime(ledger(output, task), (BEGAN + seconds, BEGAN + seconds))


def test_images_are_counted_by_their_newest_record(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    append(
        tmp_path,
        "run",
        make_record(image="a.jpg", status="failed", error="torn"),
        make_record(image="b.jpg", status="failed", error="bad"),
        make_record(image="c.jpg", status="no_object"),
        make_record(image="a.jpg", status="ok", generation=2),
    )
    status = read_status(tmp_path)
    assert status.counts == {"ok": 1, "no_object": 1, "failed": 1}
    assert status.failures == {"b.jpg": "bad"}


def test_what_is_left_is_what_the_run_set_out_to_do_less_what_it_recorded(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    write_note(tmp_path, replace(NOTE, images=9, todo=5, generation=2))
    append(tmp_path, "run", *(make_record(image=f"{n}", generation=1) for n in range(4)))
    append(tmp_path, "run", *(make_record(image=f"{n}", generation=2) for n in range(4, 7)))
    assert read_status(tmp_path).left == 2


def test_the_rate_is_that_of_the_newest_run_alone(tmp_path: Path, make_record: RecordMaker) -> None:
    write_note(tmp_path, replace(NOTE, generation=2))
    append(
        tmp_path,
        "run",
        make_record(image="a", generation=1),
        make_record(image="b", generation=2, started_at=f"{DAY}10:00:00+00:00", seconds_total=30),
        make_record(image="c", generation=2, started_at=f"{DAY}10:00:30+00:00", seconds_total=30),
    )
    assert read_status(tmp_path).images_per_hour == pytest.approx(120)


def test_of_an_array_all_tasks_count_and_those_that_have_not_begun(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    write_note(
        tmp_path,
        replace(NOTE, task=ONE.task_name, group="of-2", images=3, everywhere=8, todo=3),
    )
    append(tmp_path, ONE.task_name, make_record(), seconds=60)
    status = read_status(tmp_path)
    assert (status.not_begun, status.left) == (5, 7)
    assert [task.task for task in status.tasks] == [ONE.task_name]


def test_notes_of_an_older_array_are_of_no_interest(tmp_path: Path) -> None:
    write_note(tmp_path, replace(NOTE, task="shard-1-of-9", group="of-9", started=BEGAN - 1))
    write_note(tmp_path, NOTE)
    assert [task.task for task in read_status(tmp_path).tasks] == ["run"]


def test_the_time_left_is_told_only_while_a_task_is_at_work(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    write_note(tmp_path, NOTE)
    append(tmp_path, "run", make_record(), seconds=60)
    assert read_status(tmp_path).seconds_left is None
    with held(tmp_path, parse("off")):
        status = read_status(tmp_path)
    (task,) = status.tasks
    assert task.is_running
    assert status.seconds_left is not None


def test_without_a_time_there_is_no_rate(tmp_path: Path, make_record: RecordMaker) -> None:
    write_note(tmp_path, NOTE)
    append(tmp_path, "run", make_record(seconds_total=None))
    assert read_status(tmp_path).images_per_hour is None


def test_an_output_without_notes_has_its_records(tmp_path: Path, make_record: RecordMaker) -> None:
    append(tmp_path, "run", make_record())
    status = read_status(tmp_path)
    assert (status.counts["ok"], status.left, status.tasks) == (1, 0, [])


# Merging.


def test_merging_makes_one_ledger_and_keeps_what_is_left(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    for shard, image in ((ONE, "a.jpg"), (TWO, "b.jpg")):
        note = replace(NOTE, task=shard.task_name, group="of-2", images=2, everywhere=4, todo=2)
        write_note(tmp_path, note)
        append(tmp_path, shard.task_name, make_record(image=image), seconds=60)
    assert merge_output(tmp_path).left == 2
    assert [r.image for r in read_records(ledger(tmp_path, "run"))] == ["a.jpg", "b.jpg"]
    assert list(read_notes(tmp_path)) == ["run"]
    assert read_status(tmp_path).left == 2


def test_while_a_task_is_at_work_nothing_is_merged(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    append(tmp_path, ONE.task_name, make_record())
    with held(tmp_path, ONE), pytest.raises(LockedError):
        merge_output(tmp_path)
    assert ledger(tmp_path, ONE.task_name).exists()
