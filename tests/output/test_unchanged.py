"""unchanged: a photograph that was only copied is not masked again; one that was edited is."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from automask.config import RunConfig
from automask.image.fingerprint import fingerprint
from automask.image.scan import scan
from automask.output.plan import Plan, make_plan
from automask.output.unchanged import is_same_time
from automask.records import ImageRecord, Job

if TYPE_CHECKING:
    from conftest import RecordMaker

SECOND = 1_000_000_000
NOON = 1_700_000_000 * SECOND
SETTINGS = "0123456789abcdef"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (NOON + 123, NOON + 123, True),
        (NOON + 123_456_789, NOON, True),  # tar, rsync to ext3: whole seconds
        (NOON + 1_900_000_000, NOON, True),  # FAT: every second one, cut
        (NOON + 1_900_000_000, NOON + 2 * SECOND, True),  # or rounded up, as zip does
        (NOON + 123, NOON + 456, False),  # both exact
        (NOON + 123, NOON + 3 * SECOND, False),
        (-1, 0, False),  # not known
    ],
)
def test_times_of_one_file_kept_less_exactly(one: int, other: int, expected: bool) -> None:
    assert is_same_time(one, other) is is_same_time(other, one) is expected


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    """Settings of a rerun, after a run that masked in/a.jpg."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"a photograph")
    os.utime(tmp_path / "in" / "a.jpg", ns=(NOON, NOON + 123_456_789))
    (tmp_path / "out" / "trimaps").mkdir(parents=True)
    (tmp_path / "out" / "trimaps" / "a.png").touch()
    return RunConfig(input=tmp_path / "in", output=tmp_path / "out")


@pytest.fixture
def record(config: RunConfig, make_record: RecordMaker) -> ImageRecord:
    (job,) = scan(config.input)
    return make_record(
        input_bytes=job.input_bytes,
        input_mtime_ns=job.input_mtime_ns,
        input_hash=fingerprint(config.input / "a.jpg"),
    )


def plan(config: RunConfig, record: ImageRecord) -> Plan:
    return make_plan(scan(config.input), {record.image: record}, SETTINGS, config)


def why(config: RunConfig, record: ImageRecord) -> list[str]:
    return [job.why for job in plan(config, record).todo]


def staged(config: RunConfig, how: str) -> RunConfig:
    """The same photographs in another folder."""
    there = config.input.with_name("staged")
    if how == "tar":
        archive = config.input.with_name("photos.tar")
        subprocess.run(["tar", "-H", "ustar", "-cf", archive, "-C", config.input, "."], check=True)
        there.mkdir()
        subprocess.run(["tar", "-xf", archive, "-C", there], check=True)
    elif how == "copy":
        shutil.copytree(config.input, there, copy_function=shutil.copyfile)
    else:
        shutil.copytree(config.input, there)
        os.utime(there / "a.jpg", ns=(NOON, NOON // (2 * SECOND) * (2 * SECOND)))
    return config.model_copy(update={"input": there})


@pytest.mark.parametrize("how", ["tar", "copy", "FAT"])
def test_a_staged_photograph_is_not_masked_again(
    config: RunConfig, record: ImageRecord, how: str
) -> None:
    found = plan(staged(config, how), record)
    assert (found.todo, len(found.done)) == ([], 1)
    assert found.restaged == found.done


def test_an_untouched_photograph_is_not_read(
    config: RunConfig, record: ImageRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("automask.output.unchanged.fingerprint", None)
    found = plan(config, record)
    assert (found.todo, found.restaged) == ([], [])


def test_an_edit_of_the_same_size_is_seen(config: RunConfig, record: ImageRecord) -> None:
    (config.input / "a.jpg").write_bytes(b"A photograph")
    assert why(config, record) == ["its content has changed"]


def test_a_new_time_without_a_hash_is_a_change(config: RunConfig, record: ImageRecord) -> None:
    os.utime(config.input / "a.jpg", ns=(NOON, NOON + 9 * SECOND))
    assert why(config, replace(record, input_hash=None)) == ["its time has changed"]


def test_a_photograph_that_cannot_be_read_is_tried_again(
    config: RunConfig, record: ImageRecord
) -> None:
    copied = staged(config, "copy")
    jobs = scan(copied.input)
    (copied.input / "a.jpg").unlink()
    found = make_plan(jobs, {"a.jpg": record}, SETTINGS, copied)
    assert [job.why for job in found.todo] == ["its content has changed"]


# Each image that is to be masked says why.


def test_why_an_image_is_to_be_masked(config: RunConfig, record: ImageRecord) -> None:
    (config.input / "a.jpg").write_bytes(b"longer than before")
    assert why(config, record) == ["its size has changed"]


def test_a_new_image_says_so(config: RunConfig) -> None:
    assert [job.why for job in make_plan(scan(config.input), {}, SETTINGS, config).todo] == ["new"]


def test_one_that_failed_says_so(config: RunConfig, record: ImageRecord) -> None:
    assert why(config, replace(record, status="failed")) == ["failed before"]


def test_one_whose_result_is_gone_says_which(config: RunConfig, record: ImageRecord) -> None:
    (config.output / "trimaps" / "a.png").unlink()
    assert why(config, record) == ["missing: trimap"]


def test_one_of_which_more_is_wanted_says_what(config: RunConfig, record: ImageRecord) -> None:
    more = config.model_copy(update={"save": ("trimap", "mask", "cutout")})
    assert why(more, record) == ["not saved before: mask, cutout"]


def test_one_that_is_done_over_says_so(config: RunConfig, record: ImageRecord) -> None:
    assert why(config.model_copy(update={"overwrite": True}), record) == ["--overwrite"]


def test_one_of_other_settings_says_so(config: RunConfig, record: ImageRecord) -> None:
    assert why(config, replace(record, settings="f" * 16)) == ["other settings"]


# A name in its other spelling.


@pytest.mark.parametrize(
    ("recorded", "there"),
    [("K\u00e4fer.jpg", "Ka\u0308fer.jpg"), ("Ka\u0308fer.jpg", "K\u00e4fer.jpg")],
)
def test_a_photograph_whose_name_is_spelt_otherwise_is_done_and_keeps_its_results(
    config: RunConfig, record: ImageRecord, recorded: str, there: str
) -> None:
    from automask.image.names import ByName

    stem = recorded.removesuffix(".jpg")
    (config.input / "a.jpg").rename(config.input / there)
    (config.output / "trimaps" / "a.png").rename(config.output / "trimaps" / f"{stem}.png")
    records: dict[str, ImageRecord] = ByName()
    records[recorded] = replace(record, image=recorded, output=f"trimaps/{stem}.png")
    found = make_plan(scan(config.input), records, SETTINGS, config)
    assert found.todo == []
    assert found.done == [
        Job(there, stem, record.input_bytes, record.input_mtime_ns),
    ]
