"""What an output folder tells, and what it does not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from report_folders import make_output, named

from automask.errors import UsageError
from automask.records import FAILED, NO_OBJECT
from automask.report.read import Run, read_run, review_queue
from automask.sharding.shard import index_of

if TYPE_CHECKING:
    from conftest import RecordMaker


def test_records_come_in_the_order_of_their_names(tmp_path: Path, make_record: RecordMaker) -> None:
    run = read_run(make_output(tmp_path, named(make_record, ["b.jpg", "a/z.jpg", "a.jpg"])))
    assert [record.image for record in run.records] == ["a.jpg", "a/z.jpg", "b.jpg"]


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no records"):
        read_run(tmp_path)


def test_photographs_without_a_record_are_counted(tmp_path: Path, make_record: RecordMaker) -> None:
    output = make_output(tmp_path, named(make_record, ["a.jpg"]))
    assert read_run(output).missing == 0
    (tmp_path / "in" / "b.jpg").touch()
    assert read_run(output).missing == 1


def test_a_limited_run_is_finished_at_its_limit(tmp_path: Path, make_record: RecordMaker) -> None:
    config = {"input": str(tmp_path / "in"), "limit": 1}
    output = make_output(tmp_path, named(make_record, ["a.jpg"]), {"config": config})
    (tmp_path / "in" / "b.jpg").touch()
    assert (read_run(output).missing, read_run(output).beyond) == (0, 1)


def test_in_a_job_array_the_limit_is_of_each_task(tmp_path: Path, make_record: RecordMaker) -> None:
    names = [f"{letter}.jpg" for letter in "abcgh"]
    assert [index_of(name, 2) for name in names] == [2, 2, 2, 1, 1]
    described = {"config": {"input": str(tmp_path / "in"), "limit": 1}, "tasks": 2}
    output = make_output(tmp_path, named(make_record, ["a.jpg"]), described)
    for name in names:
        (tmp_path / "in" / name).touch()
    # Of the second task a is done; of the first g is to be, as its first one.
    assert (read_run(output).missing, read_run(output).beyond) == (1, 3)


def test_photographs_that_moved_are_told_by_name(tmp_path: Path, make_record: RecordMaker) -> None:
    output = make_output(tmp_path, named(make_record, ["a.jpg"]))
    moved = (tmp_path / "in").rename(tmp_path / "moved")
    assert read_run(output).photographs is None
    assert read_run(output).missing is None
    assert read_run(output, moved).photographs == moved
    with pytest.raises(UsageError, match="not a folder"):
        read_run(output, tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "[]", '{"half'])
def test_a_damaged_run_json_costs_the_settings_alone(
    tmp_path: Path, make_record: RecordMaker, text: str
) -> None:
    output = make_output(tmp_path, named(make_record, ["a.jpg"]))
    (output / "run.json").write_text(text)
    run = read_run(output)
    assert (len(run.records), run.described, run.setting("config", "input")) == (1, {}, None)


def test_the_queue_begins_with_what_is_most_likely_wrong(make_record: RecordMaker) -> None:
    records = [
        make_record(image="sure", confidence=0.9, flags=()),
        make_record(image="flagged", confidence=0.9, flags=("tiny",)),
        make_record(image="unsure", confidence=0.2, flags=()),
        make_record(image="nothing", status=NO_OBJECT, confidence=0.0),
        make_record(image="failed", status=FAILED, confidence=None),
    ]
    run = Run(Path("out"), tuple(records), {}, None, None)
    queue = [record.image for record in review_queue(run)]
    assert queue == ["nothing", "unsure", "flagged"]  # failures are listed apart


def test_what_a_person_has_decided_about_is_not_in_the_queue(make_record: RecordMaker) -> None:
    records = (make_record(image="a", confidence=0.1), make_record(image="b", confidence=0.1))
    run = Run(Path("out"), records, {}, None, None, settled=frozenset({"a"}))
    assert [record.image for record in review_queue(run)] == ["b"]


def test_a_photograph_has_its_record_however_its_name_is_spelt(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    output = make_output(tmp_path, named(make_record, ["K\u00e4fer.jpg"]))
    (tmp_path / "in" / "K\u00e4fer.jpg").rename(tmp_path / "in" / "Ka\u0308fer.jpg")
    assert read_run(output).missing == 0


def test_what_the_run_left_out_is_not_missing(tmp_path: Path, make_record: RecordMaker) -> None:
    config = {"input": str(tmp_path / "in"), "scan": {"exclude": ["*.png"], "include": []}}
    output = make_output(tmp_path, named(make_record, ["a.jpg"]), {"config": config})
    for name in ("b.png", "a.cr2", "@eaDir/c.jpg"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).touch()
    assert read_run(output).missing == 0
