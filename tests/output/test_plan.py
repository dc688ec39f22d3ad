"""plan: a rerun masks only what is new or changed, and does not mix settings in one folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from automask.config import RunConfig
from automask.errors import CollisionError, SettingsChangedError
from automask.output.decisions import ACCEPTED, CORRECTED, REJECTED, Decision
from automask.output.plan import (
    Plan,
    make_plan,
    refuse_other_photographs,
    refuse_other_settings,
)
from automask.output.run_json import mask_settings, read_run_json, write_run_json
from automask.records import ImageRecord, Job
from automask.result_settings import ObjectsConfig

if TYPE_CHECKING:
    from conftest import RecordMaker

SETTINGS = "0123456789abcdef"  # the digest that make_record puts into its records
JOB = Job("a.jpg", "a", 1000, 1_700_000_000_000_000_000)  # the file that they were made from


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    """Settings of a rerun, after a run that masked a.jpg."""
    (tmp_path / "trimaps").mkdir()
    (tmp_path / "trimaps" / "a.png").write_bytes(b"a trimap")
    return RunConfig(input=tmp_path / "in", output=tmp_path)


def with_changes(config: RunConfig, **changes: Any) -> RunConfig:
    return config.model_copy(update=changes)


def plan(config: RunConfig, *records: ImageRecord, job: Job = JOB) -> Plan:
    return make_plan([job], {record.image: record for record in records}, SETTINGS, config)


# An image is done where all of this holds at once ...


def test_an_unchanged_image_with_its_result_is_done(
    config: RunConfig, make_record: RecordMaker
) -> None:
    assert plan(config, make_record()) == Plan(todo=[], done=[JOB])


def test_an_image_without_object_is_done(config: RunConfig, make_record: RecordMaker) -> None:
    assert plan(config, make_record(status="no_object")).done == [JOB]


def test_of_several_objects_the_label_image_belongs_to_it(
    config: RunConfig, make_record: RecordMaker
) -> None:
    several = with_changes(config, objects=ObjectsConfig(wanted="all"))
    assert plan(several, make_record()).todo == [replace(JOB, kinds=("trimap",))]


def test_an_image_with_the_same_prompts_is_done(
    config: RunConfig, make_record: RecordMaker
) -> None:
    asked = replace(JOB, prompts="a box")
    assert plan(config, make_record(prompts="a box"), job=asked).done == [asked]


# ... and to do where one thing of it does not.


def test_an_image_that_failed_and_was_drawn_by_a_person_is_left_alone(
    config: RunConfig, make_record: RecordMaker
) -> None:
    failed = {JOB.image: make_record(status="failed", kinds=())}
    drawn = {JOB.image: Decision(JOB.image, "corrected", files={"trimaps/a.png": "ab" * 32})}
    left = make_plan([JOB], failed, SETTINGS, config, drawn)
    assert (left.todo, left.done, left.mended) == ([], [JOB], [JOB])
    again = make_plan([JOB], failed, SETTINGS, with_changes(config, overwrite=True), drawn)
    assert [job.image for job in again.todo] == [JOB.image]
    (config.output / "trimaps" / "a.png").unlink()
    assert make_plan([JOB], failed, SETTINGS, config, drawn).done == []


@pytest.mark.parametrize("before", [None, "another box"])
def test_an_image_with_other_prompts_is_to_do(
    config: RunConfig, make_record: RecordMaker, before: str | None
) -> None:
    asked = replace(JOB, prompts="a box")
    assert plan(config, make_record(prompts=before), job=asked).todo == [asked]


def test_an_image_whose_prompts_are_gone_is_to_do(
    config: RunConfig, make_record: RecordMaker
) -> None:
    assert plan(config, make_record(prompts="a box")).todo == [JOB]


def test_an_image_without_record_is_to_do(config: RunConfig) -> None:
    assert plan(config) == Plan(todo=[JOB], done=[])


@pytest.mark.parametrize(
    "change",
    [
        {"settings": "fedcba9876543210"},
        {"input_bytes": 1001},
        {"input_mtime_ns": 1_700_000_003_000_000_000},
    ],
    ids=["other settings", "another size", "another modification time"],
)
def test_an_image_with_a_record_that_does_not_hold_is_to_do(
    config: RunConfig, make_record: RecordMaker, change: dict[str, Any]
) -> None:
    assert plan(config, make_record(**change)) == Plan(todo=[JOB], done=[])


def test_an_image_that_failed_is_to_do_and_what_it_had_before_stays_true(
    config: RunConfig, make_record: RecordMaker
) -> None:
    assert plan(config, make_record(status="failed")).todo == [replace(JOB, kinds=("trimap",))]
    assert plan(config, make_record(status="failed", kinds=())).todo == [JOB]


def test_an_image_whose_result_is_gone_is_to_do(
    config: RunConfig, make_record: RecordMaker
) -> None:
    (config.output / "trimaps" / "a.png").unlink()
    assert plan(config, make_record()).todo == [JOB]


def test_a_folder_in_place_of_the_result_is_no_result(
    config: RunConfig, make_record: RecordMaker
) -> None:
    (config.output / "trimaps" / "a.png").unlink()
    (config.output / "trimaps" / "a.png").mkdir()
    assert plan(config, make_record()).todo == [JOB]


def test_an_image_whose_result_another_has_written_since_is_to_do(
    config: RunConfig, make_record: RecordMaker
) -> None:
    # a.jpg was masked, then a.bmp in its place, and now a.jpg is back.
    mine, other = make_record(generation=1), make_record(image="a.bmp", generation=2)
    assert plan(config, mine, other).todo == [JOB]
    again = make_record(generation=3)
    assert plan(config, again, other).done == [JOB]


def test_an_image_that_lacks_one_of_the_kinds_asked_for_is_to_do(
    config: RunConfig, make_record: RecordMaker
) -> None:
    both = with_changes(config, save=("trimap", "mask"))
    (job,) = plan(both, make_record()).todo
    assert job == replace(JOB, kinds=("trimap",))  # the trimap is still true


def test_a_result_that_is_older_than_the_image_does_not_count_although_it_is_there(
    config: RunConfig, make_record: RecordMaker
) -> None:
    # The image changed, and only its mask was made again: the trimap shows the old photograph.
    assert plan(config, make_record(kinds=("mask",))).todo == [JOB]


def test_an_image_whose_result_has_another_name_now_is_to_do(
    config: RunConfig, make_record: RecordMaker
) -> None:
    with_extension = Job(JOB.image, "a.jpg", JOB.input_bytes, JOB.input_mtime_ns)
    assert plan(config, make_record(), job=with_extension).todo == [with_extension]


def test_with_overwrite_everything_is_to_do(config: RunConfig, make_record: RecordMaker) -> None:
    again = plan(with_changes(config, overwrite=True), make_record())
    assert [job.image for job in again.todo] == [JOB.image]
    assert again.done == []


# What people did.


def test_a_rejected_image_is_left_alone_even_with_overwrite(
    config: RunConfig, make_record: RecordMaker
) -> None:
    rejected = {"a.jpg": Decision("a.jpg", REJECTED)}
    for asked in (config, with_changes(config, overwrite=True)):
        left = make_plan([JOB], {"a.jpg": make_record()}, SETTINGS, asked, rejected)
        assert left == Plan(todo=[], done=[], rejected=[JOB])


def test_an_accepted_image_is_done_as_any_other(
    config: RunConfig, make_record: RecordMaker
) -> None:
    accepted = {"a.jpg": Decision("a.jpg", ACCEPTED)}
    assert make_plan([JOB], {"a.jpg": make_record()}, SETTINGS, config, accepted).done == [JOB]


def test_what_a_review_wrote_is_done_without_being_drawn_again(
    config: RunConfig, make_record: RecordMaker
) -> None:
    files = {"trimaps/a.png": hashlib.sha256(b"a trimap").hexdigest()}
    decided = {"a.jpg": Decision("a.jpg", CORRECTED, files=files)}
    record = make_record(written=(f"{'0' * 64}@5",))  # the machine's was another
    again = make_plan([JOB], {"a.jpg": record}, SETTINGS, config, decided)
    assert (again.done, again.mended) == ([JOB], [JOB])


def test_a_result_that_somebody_took_away_is_made_again_by_name(
    config: RunConfig, make_record: RecordMaker
) -> None:
    (config.output / "trimaps" / "a.png").unlink()
    again = plan(config, make_record())
    assert (again.todo, again.missing) == ([JOB], [JOB])


@pytest.mark.parametrize("change", [{"settings": "other"}, {"status": "failed", "kinds": ()}])
def test_a_result_that_is_no_longer_true_is_not_called_missing(
    config: RunConfig, make_record: RecordMaker, change: dict[str, Any]
) -> None:
    (config.output / "trimaps" / "a.png").unlink()
    assert plan(config, make_record(**change)).missing == []


# What becomes of the jobs.


def test_the_jobs_keep_their_order(config: RunConfig, make_record: RecordMaker) -> None:
    jobs = [Job(f"{name}.jpg", name, 1000, 1_700_000_000_000_000_000) for name in "dacb"]
    split = make_plan(jobs, {"a.jpg": make_record()}, SETTINGS, config)
    assert [job.image for job in split.todo] == ["d.jpg", "c.jpg", "b.jpg"]
    assert [job.image for job in split.done] == ["a.jpg"]


# Other settings in a folder that holds finished masks.


def write_run(output: Path, settings: dict[str, Any]) -> None:
    (output / "run.json").write_text(json.dumps({"mask_settings": settings, "host": "h"}))


EARLIER = {"model": "tiny", "trimap.contour_px": 1, "trimap.values": [1, 2, 3]}


def test_the_settings_of_the_last_run_are_read_back(tmp_path: Path) -> None:
    write_run(tmp_path, EARLIER)
    assert mask_settings(read_run_json(tmp_path)) == EARLIER


def test_a_folder_without_a_run_has_no_settings(tmp_path: Path) -> None:
    assert mask_settings(read_run_json(tmp_path)) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"mask_settings": 5}',
        b'{"mask_settings": {"mod',
        b"\xff\xfe\0",
    ],
    ids=["empty", "torn", "a list", "null", "nothing in it", "a number", "torn later", "not text"],
)
def test_a_damaged_run_file_has_no_settings(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.json").write_bytes(content)
    assert mask_settings(read_run_json(tmp_path)) is None


def test_an_output_that_is_a_file_has_no_settings(tmp_path: Path) -> None:
    # What is wrong with it is told, in one sentence, where the run makes its folders.
    (tmp_path / "out").write_text("a file")
    assert mask_settings(read_run_json(tmp_path / "out")) is None


def test_the_same_settings_are_welcome(tmp_path: Path) -> None:
    write_run(tmp_path, EARLIER)
    refuse_other_settings(tmp_path, dict(EARLIER))


def test_other_settings_are_refused_by_name_with_both_values(tmp_path: Path) -> None:
    write_run(tmp_path, EARLIER)
    with pytest.raises(SettingsChangedError) as caught:
        refuse_other_settings(tmp_path, {**EARLIER, "trimap.contour_px": 2})
    assert "\n  trimap.contour_px: was 1, now 2\n" in str(caught.value)
    assert "model" not in str(caught.value)


def test_the_refusal_names_the_folder_and_what_to_do(tmp_path: Path) -> None:
    write_run(tmp_path, EARLIER)
    with pytest.raises(SettingsChangedError) as caught:
        refuse_other_settings(tmp_path, {**EARLIER, "model_sha256": "cd" * 32})
    assert str(caught.value).startswith(f"{tmp_path} holds masks made with other settings")
    assert "another output folder" in str(caught.value)
    assert "--overwrite" in str(caught.value)


def test_a_setting_that_one_side_lacks_is_named(tmp_path: Path) -> None:
    write_run(tmp_path, EARLIER)
    with pytest.raises(SettingsChangedError, match="rules: was None, now 2"):
        refuse_other_settings(tmp_path, {**EARLIER, "rules": 2})


def test_of_many_changes_twelve_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    write_run(tmp_path, {f"s{n:02}": 1 for n in range(15)})
    with pytest.raises(SettingsChangedError, match=r"s11: was 1, now 2\n  and 3 more\n"):
        refuse_other_settings(tmp_path, {f"s{n:02}": 2 for n in range(15)})


# Another folder's photographs into a folder that holds finished masks.


def check_photographs(config: RunConfig, record: ImageRecord, job: Job, before: str) -> None:
    """What a run of `config` does where the last one read the folder `before`."""
    described = {"config": {"input": str(config.output / before)}}
    (config.output / "run.json").write_text(json.dumps(described))
    refuse_other_photographs([job], {record.image: record}, config)


@pytest.mark.parametrize(
    "job",
    [replace(JOB, input_bytes=1001), replace(JOB, image="a.tif")],
    ids=["one name, another size", "another name, one result"],
)
def test_a_photograph_that_would_overwrite_the_mask_of_another_is_refused(
    config: RunConfig, make_record: RecordMaker, job: Job
) -> None:
    with pytest.raises(CollisionError) as caught:
        check_photographs(config, make_record(), job, "spring")
    told = str(caught.value)
    assert f"made from {config.output / 'spring'}" in told
    assert f"1 in {config.input}, such as '{job.image}'" in told
    assert "another output folder, or --overwrite" in told


def test_photographs_that_have_moved_are_welcome(
    config: RunConfig, make_record: RecordMaker
) -> None:
    check_photographs(config, make_record(), replace(JOB, input_mtime_ns=5), "spring")


def test_photographs_of_other_names_are_welcome(
    config: RunConfig, make_record: RecordMaker
) -> None:
    check_photographs(config, make_record(), Job("b.jpg", "b", 5, 5), "spring")


def test_an_edited_photograph_in_the_same_folder_is_welcome(
    config: RunConfig, make_record: RecordMaker
) -> None:
    check_photographs(config, make_record(), replace(JOB, input_bytes=1001), "in")


def test_where_the_last_run_left_no_mask_there_is_nothing_to_overwrite(
    config: RunConfig, make_record: RecordMaker
) -> None:
    failed = make_record(status="failed", input_bytes=5)
    check_photographs(config, failed, JOB, "spring")


@pytest.mark.parametrize("content", ["{", "{}", '{"config": 5}', '{"config": {"input": 5}}'])
def test_a_run_file_that_names_no_folder_refuses_nothing(
    config: RunConfig, make_record: RecordMaker, content: str
) -> None:
    (config.output / "run.json").write_text(content)
    other = replace(JOB, input_bytes=1001)
    refuse_other_photographs([other], {JOB.image: make_record()}, config)


def test_with_overwrite_other_photographs_take_the_place(
    config: RunConfig, make_record: RecordMaker
) -> None:
    again = with_changes(config, overwrite=True)
    check_photographs(again, make_record(), replace(JOB, input_bytes=1001), "spring")


def test_the_same_weights_by_another_name_are_no_other_settings(tmp_path: Path) -> None:
    # 0.1 recorded the name of the weights beside their SHA-256.
    write_run_json(tmp_path, {"mask_settings": {"model": "vit_h", "arch": None, **EARLIER}})
    refuse_other_settings(tmp_path, dict(EARLIER))
