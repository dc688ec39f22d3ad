"""What goes wrong with one photograph is its record, and nothing else."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from typing import Any

import pytest
from pipeline_fakes import (
    LABELS,
    Breaks,
    FakeProposer,
    Pixels,
    RunMaker,
    files_of,
    put,
    work,
)

from automask.image.process import WorkerContext, lost, process
from automask.records import Job
from automask.system.files import partial_name


def test_a_bad_file_is_a_failed_record_that_names_it_and_nothing_is_written(
    make_config: RunMaker,
) -> None:
    config = make_config()
    (config.input / "a.jpg").write_text("no image")
    outcome = work(Job("a.jpg", "a", 8, 5), config)
    assert outcome.record.status == "failed"
    assert outcome.record.error == "'a.jpg': not an image, or of a kind not supported"
    assert files_of(config.output) == []
    assert not outcome.is_fatal


def test_a_failed_record_claims_no_result(make_config: RunMaker) -> None:
    config = make_config()
    record = work(Job("gone.jpg", "gone", -1, -1), config).record
    assert (record.output, record.width, record.height, record.score) == (None, None, None, None)
    assert (record.input_bytes, record.input_mtime_ns) == (-1, -1)
    assert record.seconds_total is not None


def test_an_image_above_the_limit_of_pixels_is_a_failed_record(make_config: RunMaker) -> None:
    config = make_config(load={"max_pixels": 47})  # the photograph has 48
    record = work(put(config), config).record
    assert record.status == "failed"
    assert record.error is not None
    assert "8 x 6 is more than 47 pixels" in record.error


def test_an_error_of_the_model_is_a_failed_record_that_names_its_class(
    make_config: RunMaker,
) -> None:
    config = make_config()
    outcome = work(put(config), config, Breaks(ZeroDivisionError("by zero")))
    assert (outcome.record.status, outcome.is_fatal) == ("failed", False)
    assert outcome.record.error == "ZeroDivisionError: by zero"
    assert files_of(config.output) == []


def test_too_little_memory_costs_one_photograph(make_config: RunMaker) -> None:
    config = make_config()
    outcome = work(put(config), config, Breaks(MemoryError("9 GB")))
    assert (outcome.record.error, outcome.is_fatal) == ("MemoryError: 9 GB", False)


def test_the_photograph_after_a_failed_one_is_masked(make_config: RunMaker) -> None:
    config = make_config()
    bench = WorkerContext(config, FakeProposer(), LABELS)
    outcomes = [process(job, bench) for job in (Job("gone.jpg", "gone", -1, -1), put(config))]
    assert [outcome.record.status for outcome in outcomes] == ["failed", "ok"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_an_output_that_takes_no_more_is_fatal_and_leaves_no_half_file(
    make_config: RunMaker, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def full(_: int) -> None:
        raise OSError(code, os.strerror(code))

    config = make_config()
    job = put(config)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        outcome = work(job, config)
    assert outcome.is_fatal
    assert outcome.record.status == "failed"
    assert outcome.record.error is not None
    assert os.strerror(code) in outcome.record.error
    assert files_of(config.output) == []


def test_an_output_error_of_one_file_is_not_fatal(
    make_config: RunMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bad_sector(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    config = make_config()
    job = put(config)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", bad_sector)
        outcome = work(job, config)
    assert (outcome.record.status, outcome.is_fatal) == ("failed", False)


def test_an_interrupt_is_not_taken_for_a_bad_photograph(make_config: RunMaker) -> None:
    class Interrupts(FakeProposer):
        def propose(self, image_rgb: Pixels) -> Any:  # noqa: ARG002
            raise KeyboardInterrupt

    config = make_config()
    job = put(config)
    with pytest.raises(KeyboardInterrupt):
        work(job, config, Interrupts())


def test_a_photograph_whose_worker_died_is_a_failed_record(make_config: RunMaker) -> None:
    outcome = lost(Job("a.jpg", "a", 8, 5, attempts=2), make_config(), LABELS, "its worker died")
    assert (outcome.record.status, outcome.record.error) == ("failed", "its worker died")
    assert (outcome.record.image, outcome.record.attempts) == ("a.jpg", 2)
    assert not outcome.is_fatal


def test_a_failed_photograph_keeps_no_mask_of_an_earlier_run(make_config: RunMaker) -> None:
    config = make_config()
    job = put(config)
    assert work(job, config).record.status == "ok"
    (config.input / "a.png").write_bytes(b"no longer a photograph")
    assert work(job, config).record.status == "failed"
    assert files_of(config.output) == []


def test_a_try_that_fails_leaves_what_is_still_true_and_says_so(make_config: RunMaker) -> None:
    config = make_config()
    job = put(config)
    work(job, config)
    partial = partial_name("a.png")  # of a worker that was killed
    (config.output / "trimaps" / partial).touch()
    more, again = config.model_copy(update={"save": ("cutout",)}), replace(job, kinds=("trimap",))
    record = work(again, more, Breaks(MemoryError("9 GB"))).record
    assert (record.status, record.output, record.kinds) == ("failed", None, ("trimap",))
    assert files_of(config.output) == ["trimaps/a.png"]
    assert work(again, more).record.kinds == ("cutout", "trimap")  # with less at once
    assert files_of(config.output) == ["cutouts/a.png", "trimaps/a.png"]


def test_a_disk_that_is_full_keeps_what_is_still_true_and_half_of_nothing(
    make_config: RunMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    config = make_config()
    job = put(config)
    work(job, config)
    more = config.model_copy(update={"save": ("cutout", "overlay")})
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        outcome = work(replace(job, kinds=("trimap",)), more)
    assert (outcome.is_fatal, outcome.record.kinds) == (True, ("trimap",))
    assert files_of(config.output) == ["trimaps/a.png"]


def test_a_worker_that_died_leaves_what_is_still_true(make_config: RunMaker) -> None:
    config = make_config()
    job = put(config)
    work(job, config)
    outcome = lost(replace(job, kinds=("trimap",)), config, LABELS, "its worker died")
    assert outcome.record.kinds == ("trimap",)
    assert files_of(config.output) == ["trimaps/a.png"]


def test_kinds_that_are_still_true_stay_and_the_others_go(make_config: RunMaker) -> None:
    config = make_config()
    job = put(config)
    work(job, config)
    masks_only = config.model_copy(update={"save": ("mask",)})
    same_photograph = replace(job, kinds=("trimap",))
    assert work(same_photograph, masks_only).record.kinds == ("mask", "trimap")
    assert files_of(config.output) == ["masks/a.png", "trimaps/a.png"]
    assert work(job, masks_only).record.kinds == ("mask",)  # as of a photograph that changed
    assert files_of(config.output) == ["masks/a.png"]
