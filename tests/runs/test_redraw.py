"""redraw: what a person mended stays, and the other kinds show the same."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pipeline_fakes import LABELS, OBJECT_TRIMAP, SeesTwo, as_drawn, put, work

from automask.config import RunConfig
from automask.output.plan import Plan, make_plan
from automask.records import ImageRecord, Job
from automask.runs.redraw import redraw

# The object of pipeline_fakes is 2 x 4 px in the middle of 6 x 8; a person leaves 2 x 2 of it.
MENDED_TRIMAP = [
    "22222222",
    "22332222",
    "23113222",
    "23113222",
    "22332222",
    "22222222",
]


LATER_NS = count(1_800_000_000_000_000_000)


@pytest.fixture
def config(tmp_path: Path) -> RunConfig:
    (tmp_path / "in").mkdir()
    return RunConfig(input=tmp_path / "in", output=tmp_path / "out", save=("mask", "trimap"))


def save(file: Path, pixels: np.ndarray) -> None:
    """As an editor does, a while after the run."""
    Image.fromarray(pixels).save(file)
    os.utime(file, ns=(0, next(LATER_NS)))


def mend_mask(config: RunConfig, name: str = "a") -> bytes:
    mask = np.zeros((6, 8), np.uint8)
    mask[2:4, 2:4] = 255
    file = config.output / f"masks/{name}.png"
    save(file, mask)
    return file.read_bytes()


def planned(job: Job, record: ImageRecord, config: RunConfig) -> Plan:
    return make_plan([job], {record.image: record}, record.settings, config)


def redrawn(job: Job, record: ImageRecord, config: RunConfig) -> ImageRecord:
    """The record of a rerun, which must not ask the model."""
    plan = planned(job, record, config)
    assert (plan.todo, plan.done) == ([], [])
    return redraw(plan.redraw[0], config, LABELS).record


def test_the_trimap_is_drawn_again_from_a_mended_mask(config: RunConfig) -> None:
    job = put(config)
    record = work(job, config).record
    assert as_drawn(config.output / "trimaps/a.png") == OBJECT_TRIMAP
    mended = mend_mask(config)
    again = redrawn(job, record, config)
    assert (config.output / "masks/a.png").read_bytes() == mended
    assert as_drawn(config.output / "trimaps/a.png") == MENDED_TRIMAP
    assert (again.status, again.mended, again.kinds) == ("ok", ("mask",), ("mask", "trimap"))


def test_the_record_of_a_mended_mask_has_no_confidence(config: RunConfig) -> None:
    job = put(config)
    record = work(job, config).record
    mend_mask(config)
    again = redrawn(job, record, config)
    assert (again.confidence, again.score, again.flags) == (None, None, ())
    assert again.area_fraction == round(4 / 48, 6)


def test_one_more_kind_is_drawn_from_the_mended_mask(config: RunConfig) -> None:
    job = put(config)
    record = work(job, config).record
    mended = mend_mask(config)
    more = config.model_copy(update={"save": ("mask", "trimap", "alpha")})
    again = redrawn(job, record, more)
    assert again.kinds == ("alpha", "mask", "trimap")
    assert (config.output / "masks/a.png").read_bytes() == mended


def test_once_drawn_it_is_done_until_it_is_mended_again(config: RunConfig) -> None:
    job = put(config)
    record = work(job, config).record
    mend_mask(config)
    again = redrawn(job, record, config)
    plan = planned(job, again, config)
    assert (plan.done, plan.mended) == ([job], [job])
    save(config.output / "masks/a.png", np.full((6, 8), 255, np.uint8))
    assert len(planned(job, again, config).redraw) == 1


def test_a_mended_trimap_is_what_the_mask_is_drawn_from(config: RunConfig) -> None:
    job = put(config)
    record = work(job, config).record
    trimap = np.full((6, 8), 2, np.uint8)
    trimap[0, 0], trimap[0, 1] = 1, 3
    save(config.output / "trimaps/a.png", trimap)
    redrawn(job, record, config)
    mask = np.asarray(Image.open(config.output / "masks/a.png"))
    assert [tuple(p) for p in np.argwhere(mask)] == [(0, 0)]


def test_an_emptied_mask_says_that_there_is_no_object(config: RunConfig) -> None:
    job = put(config)
    record = work(job, config).record
    save(config.output / "masks/a.png", np.zeros((6, 8), np.uint8))
    assert redrawn(job, record, config).status == "no_object"


def test_a_changed_photograph_does_not_cost_a_mended_mask(config: RunConfig) -> None:
    job = put(config)
    record = work(job, config).record
    mended = mend_mask(config)
    redrawn(replace(job, input_mtime_ns=5), record, config)
    assert (config.output / "masks/a.png").read_bytes() == mended


def test_a_mended_mask_of_another_size_fails_by_name_and_stays(config: RunConfig) -> None:
    job = put(config)
    record = work(job, config).record
    save(config.output / "masks/a.png", np.full((3, 4), 255, np.uint8))
    again = redrawn(job, record, config)
    assert again.status == "failed"
    assert "its mask, mended by hand, is 4 x 3 px, the photograph 8 x 6" in str(again.error)
    assert (config.output / "masks/a.png").is_file()
    assert len(planned(job, again, config).redraw) == 1  # it is still a person's


def test_with_overwrite_the_machine_masks_it_again(config: RunConfig) -> None:
    job = put(config)
    record = work(job, config).record
    mend_mask(config)
    anew = config.model_copy(update={"overwrite": True})
    plan = planned(job, record, anew)
    assert work(plan.todo[0], anew).record.mended == ()
    assert as_drawn(config.output / "trimaps/a.png") == OBJECT_TRIMAP


def test_a_mask_mended_after_the_plan_was_made_is_left_alone_too(config: RunConfig) -> None:
    job = put(config)
    record = work(job, config).record
    (config.output / "trimaps/a.png").unlink()
    late = planned(job, record, config).todo[0]
    mended = mend_mask(config)
    again = work(late, config).record
    assert (config.output / "masks/a.png").read_bytes() == mended
    assert len(planned(job, again, config).redraw) == 1  # the next run draws the trimap from it


def test_a_painted_overlay_is_kept_while_the_machine_masks(config: RunConfig) -> None:
    painted = config.model_copy(update={"save": ("overlay",)})
    job = put(config)
    record = work(job, painted).record
    save(config.output / "overlays/a.png", np.zeros((6, 8, 3), np.uint8))
    both = config.model_copy(update={"save": ("overlay", "mask")})
    plan = planned(job, record, both)
    again = work(plan.todo[0], both).record
    assert not np.asarray(Image.open(config.output / "overlays/a.png")).any()
    assert (again.kinds, again.mended) == (("mask", "overlay"), ("overlay",))


def test_ids_follow_a_mended_mask_of_several_objects(config: RunConfig) -> None:
    several = RunConfig(
        input=config.input, output=config.output, save=("mask",), objects={"wanted": "all"}
    )
    job = put(config)
    record = work(job, several, SeesTwo()).record
    mask = np.array(Image.open(config.output / "masks/a.png"))
    mask[2:4, 1:3] = 0  # the left object, which has id 2, is taken away
    mask[1, 5] = 255  # the right one grows by a pixel
    save(config.output / "masks/a.png", mask)
    redrawn(job, record, several)
    ids = np.asarray(Image.open(config.output / "objects/a.png"))
    assert ids[1:4].tolist() == [
        [0, 0, 0, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 0, 1, 1, 0],
        [0, 0, 0, 0, 0, 1, 1, 0],
    ]
