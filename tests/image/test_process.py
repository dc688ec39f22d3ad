"""process: a file in, files and a record out."""

from __future__ import annotations

import os
import re
from dataclasses import asdict

import numpy as np
from PIL import Image
from pipeline_fakes import (
    LABELS,
    NO_OBJECT_TRIMAP,
    OBJECT_TRIMAP,
    RunMaker,
    SeesNothing,
    SeesTwo,
    as_drawn,
    files_of,
    put,
    work,
)

from automask.records import Job


def test_a_photograph_becomes_a_trimap_and_an_ok_record(make_config: RunMaker) -> None:
    config = make_config()
    outcome = work(put(config), config)
    assert (outcome.record.status, outcome.record.error) == ("ok", None)
    assert outcome.record.output == "trimaps/a.png"
    assert as_drawn(config.output / "trimaps/a.png") == OBJECT_TRIMAP
    assert not outcome.is_fatal


def test_a_photograph_in_a_folder_keeps_its_folder(make_config: RunMaker) -> None:
    config = make_config()
    (config.input / "shoes").mkdir()
    assert work(put(config, "shoes/a.png"), config).record.output == "trimaps/shoes/a.png"
    assert files_of(config.output) == ["trimaps/shoes/a.png"]


def test_every_kind_asked_for_is_written(make_config: RunMaker) -> None:
    config = make_config(save=("mask", "trimap", "alpha", "overlay", "cutout"))
    outcome = work(put(config), config)
    assert outcome.record.output == "masks/a.png"
    assert files_of(config.output) == [
        "alphas/a.png", "cutouts/a.png", "masks/a.png", "overlays/a.png", "trimaps/a.png",
    ]  # fmt: skip


def test_several_objects_are_written_as_16_bits_and_counted(make_config: RunMaker) -> None:
    config = make_config(objects={"wanted": "all"})
    record = work(put(config), config, SeesTwo()).record
    assert (record.objects, record.kinds) == (2, ("objects", "trimap"))
    assert files_of(config.output) == ["objects/a.png", "trimaps/a.png"]
    with Image.open(config.output / "objects/a.png") as ids:
        assert ids.mode == "I;16"
        assert np.asarray(ids)[2].tolist() == [0, 2, 2, 0, 0, 1, 1, 0]


def test_results_are_upright_as_the_photograph_is_seen(make_config: RunMaker) -> None:
    config = make_config()
    exif = Image.Exif()
    exif[0x0112] = 6  # held on its side: 6 x 8 as stored, 8 x 6 as seen
    record = work(put(config, exif=exif), config).record
    assert (record.height, record.width) == (8, 6)
    with Image.open(config.output / "trimaps/a.png") as trimap:
        assert trimap.size == (6, 8)


def test_a_photograph_without_object_becomes_a_trimap_of_background(make_config: RunMaker) -> None:
    config = make_config()
    record = work(put(config), config, SeesNothing()).record
    assert (record.status, record.output, record.error) == ("no_object", "trimaps/a.png", None)
    assert (record.score, record.confidence, record.area_fraction) == (0.0, 0.0, 0.0)
    assert as_drawn(config.output / "trimaps/a.png") == NO_OBJECT_TRIMAP


def test_the_record_of_a_photograph_is_complete(make_config: RunMaker) -> None:
    config = make_config()
    record = work(put(config), config).record
    unknown = {name for name, value in asdict(record).items() if value is None}
    assert unknown == {"error", "objects", "prompts"}


def test_the_record_tells_the_photograph_and_what_was_measured_on_it(make_config: RunMaker) -> None:
    config = make_config()
    job = put(config)
    record = work(job, config).record
    assert (record.image, record.width, record.height) == ("a.png", 8, 6)
    assert (record.input_bytes, record.input_mtime_ns) == (job.input_bytes, job.input_mtime_ns)
    assert record.area_fraction == round(8 / 48, 6)
    assert record.flags == ()


def test_the_record_carries_the_labels_of_the_run(make_config: RunMaker) -> None:
    config = make_config()
    record = asdict(work(put(config), config).record)
    assert {name: record[name] for name in LABELS} == LABELS


def test_the_record_tells_who_worked_and_when(make_config: RunMaker) -> None:
    config = make_config()
    record = work(put(config), config).record
    assert record.worker.endswith(f":{os.getpid()}")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", record.started_at)


def test_the_record_tells_the_memory_of_its_worker(make_config: RunMaker) -> None:
    config = make_config()
    for job in (put(config), Job("gone.jpg", "gone", -1, -1)):
        record = work(job, config).record
        assert record.memory_mb is not None
        assert 10 < record.memory_mb < 100_000  # MiB, neither bytes nor GiB


def test_the_times_of_the_stages_are_part_of_the_total(make_config: RunMaker) -> None:
    config = make_config()
    record = asdict(work(put(config), config).record)
    stages = [
        record[f"seconds_{stage}"]
        for stage in ("load", "encode", "decode", "choose", "refine", "write")
    ]
    assert all(seconds >= 0 for seconds in stages)
    assert record["seconds_load"] > 0
    assert record["seconds_write"] > 0
    # Each is rounded to a microsecond, half of one either way for seven of them.
    assert sum(stages) <= record["seconds_total"] + 7 * 0.5e-6


def test_attempts_come_from_the_job(make_config: RunMaker) -> None:
    config = make_config()
    job = put(config)
    again = Job(job.image, job.stem, job.input_bytes, job.input_mtime_ns, attempts=2)
    assert work(again, config).record.attempts == 2
