"""A task's place in the output: what is its own, and what all must agree in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automask.errors import LockedError, SettingsChangedError
from automask.output.ledger import RecordWriter, read_records
from automask.output.task import (
    OutputFolder,
    TaskNote,
    held,
    is_running,
    ledger,
    read_earlier,
    read_notes,
    write_note,
)
from automask.sharding.shard import WHOLE, parse

if TYPE_CHECKING:
    from conftest import RecordMaker

ONE, TWO = parse("1/2"), parse("2/2")
NOTE = TaskNote("run", "run", images=4, everywhere=4, todo=3, generation=1, started=5.0, host="h")


def described(**settings: object) -> dict[str, object]:
    return {"mask_settings": {"precision": "auto", **settings}}


def append(output: Path, task: str, *records) -> None:
    with RecordWriter(ledger(output, task)) as writer:
        for record in records:
            writer.append(record)


def test_a_held_task_is_running_until_its_end(tmp_path: Path) -> None:
    with held(tmp_path, WHOLE) as folder:
        assert folder.ledger == tmp_path / "records" / "run.jsonl"
        assert is_running(tmp_path, "run")
    assert not is_running(tmp_path, "run")


def test_a_run_takes_in_the_ledgers_of_an_array(tmp_path: Path, make_record: RecordMaker) -> None:
    append(tmp_path, ONE.task_name, make_record(image="a.jpg"))
    append(tmp_path, TWO.task_name, make_record(image="b.jpg"))
    write_note(tmp_path, TaskNote(**{**NOTE.__dict__, "task": ONE.task_name}))
    with held(tmp_path, WHOLE) as folder:
        assert [r.image for r in read_records(folder.ledger)] == ["a.jpg", "b.jpg"]
    assert sorted(p.name for p in (tmp_path / "records").glob("shard*")) == []


def test_a_shard_leaves_the_ledgers_of_others_alone(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    append(tmp_path, ONE.task_name, make_record(image="a.jpg"))
    with held(tmp_path, TWO):
        pass
    assert ledger(tmp_path, ONE.task_name).exists()


def test_a_run_is_refused_while_a_shard_is_at_work(tmp_path: Path) -> None:
    with held(tmp_path, ONE), pytest.raises(LockedError), held(tmp_path, WHOLE):
        pass


def test_what_was_recorded_of_a_shards_images_is_found_in_any_ledger(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    images = [f"{number}.jpg" for number in range(8)]
    append(tmp_path, "run", *(make_record(image=image) for image in images))
    mine = {image for image in images if ONE.holds(image)}
    assert 0 < len(mine) < 8
    assert set(read_earlier(tmp_path, ONE)) == mine


# Settings.


def test_the_first_task_writes_the_settings_and_others_agree(tmp_path: Path) -> None:
    OutputFolder(tmp_path, ONE).agree_on_settings(described(), is_new=True, overwrite=False)
    OutputFolder(tmp_path, TWO).agree_on_settings(described(), is_new=True, overwrite=False)
    assert json.loads((tmp_path / "run.json").read_text()) == described()


def test_a_task_with_other_settings_than_the_array_is_refused_although_it_has_done_nothing(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    OutputFolder(tmp_path, ONE).agree_on_settings(described(), is_new=True, overwrite=False)
    append(tmp_path, ONE.task_name, make_record())
    with pytest.raises(SettingsChangedError, match="precision"):
        OutputFolder(tmp_path, TWO).agree_on_settings(
            described(precision="float32"), is_new=True, overwrite=False
        )


@pytest.mark.parametrize(("is_new", "overwrite"), [(True, False), (False, True)])
def test_other_settings_are_taken_where_nothing_is_done_or_all_is_done_again(
    tmp_path: Path, is_new: bool, overwrite: bool
) -> None:
    OutputFolder(tmp_path, WHOLE).agree_on_settings(described(), is_new=True, overwrite=False)
    OutputFolder(tmp_path, WHOLE).agree_on_settings(
        described(precision="float32"), is_new, overwrite
    )
    assert json.loads((tmp_path / "run.json").read_text()) == described(precision="float32")


def test_other_settings_are_refused_where_something_is_done(tmp_path: Path) -> None:
    OutputFolder(tmp_path, WHOLE).agree_on_settings(described(), is_new=True, overwrite=False)
    with pytest.raises(SettingsChangedError):
        OutputFolder(tmp_path, WHOLE).agree_on_settings(
            described(precision="float32"), is_new=False, overwrite=False
        )


# Notes.


def test_a_note_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_note(tmp_path, NOTE)
    assert read_notes(tmp_path) == {"run": NOTE}


@pytest.mark.parametrize("content", ["", "[]", '{"task": "run"}'])
def test_foreign_notes_are_left_out(tmp_path: Path, content: str) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "run.json").write_text(content)
    assert read_notes(tmp_path) == {}
