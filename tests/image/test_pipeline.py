"""pipeline: the way of one image from file to files, with a proposer that needs no model."""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from automask.config import RunConfig
from automask.image.pipeline import Bench, Outcome, lost, mask_image, process
from automask.records import Found, Job, Proposal, Scene

Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]

LABELS = {
    "model": "tiny",
    "model_sha256": "ab" * 32,
    "device": "cpu",
    "dtype": "float32",
    "generator": "fast",
    "settings": "0123456789abcdef",
}
# Labels of trimaps: 1 foreground, 2 background, 3 contour.
OBJECT_TRIMAP = [
    "22222222",
    "22333322",
    "23111132",
    "23111132",
    "22333322",
    "22222222",
]
NO_OBJECT_TRIMAP = ["22222222"] * 6


def centred_object(shape: tuple[int, ...]) -> Mask:
    """Rows and columns from a third to two thirds and a quarter to three quarters of H x W."""
    height, width = shape[:2]
    mask = np.zeros((height, width), np.bool_)
    mask[height // 3 : 2 * height // 3, width // 4 : 3 * width // 4] = True
    return mask


class FakeProposer:
    """Proposes one centred object on whatever it is shown, and remembers that."""

    mask_side = 10_000  # cells so small that no outline is drawn anew
    look_again_below = 0.0

    def __init__(self, max_side: int = 0) -> None:
        self.max_side = max_side
        self.seen: list[tuple[int, ...]] = []

    def masks(self, shape: tuple[int, ...]) -> list[Mask]:
        return [centred_object(shape)]

    def propose(self, image_rgb: Pixels) -> Found:
        self.seen.append(image_rgb.shape)
        proposals = [Proposal(mask, 0.9, 0.95) for mask in self.masks(image_rgb.shape)]
        return Found(proposals, Scene(), {"encode": 0.0, "decode": 0.0})

    def look_again(self, _image_rgb: Pixels, _mask: Mask) -> Found:
        raise AssertionError("nobody asked for a second look")


class SeesNothing(FakeProposer):
    def masks(self, shape: tuple[int, ...]) -> list[Mask]:  # noqa: ARG002
        return []


class SeesTheBackdrop(FakeProposer):
    def masks(self, shape: tuple[int, ...]) -> list[Mask]:
        return [~centred_object(shape)]


class SeesAHole(FakeProposer):
    def masks(self, shape: tuple[int, ...]) -> list[Mask]:
        mask = centred_object(shape)
        mask[shape[0] // 2, shape[1] // 2] = False
        return [mask]


class SeesTwo(FakeProposer):
    """A square to the left, and to the right one that it is surer of; a backdrop, surest of all."""

    def propose(self, image_rgb: Pixels) -> Found:
        left, right = (np.zeros(image_rgb.shape[:2], np.bool_) for _ in range(2))
        left[2:4, 1:3] = right[2:4, 5:7] = True
        found = [Proposal(left, 0.6, 1.0), Proposal(right, 0.8, 1.0)]
        found.append(Proposal(~(left | right), 0.9, 1.0))
        return Found(found, Scene(), {"encode": 0.0, "decode": 0.0})


class Breaks(FakeProposer):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def propose(self, image_rgb: Pixels) -> Found:  # noqa: ARG002
        raise self.error


RunMaker = Callable[..., RunConfig]


@pytest.fixture
def make_config(tmp_path: Path) -> RunMaker:
    """Settings of a run from in/ to out/; in/ exists."""
    (tmp_path / "in").mkdir()

    def make(**changes: Any) -> RunConfig:
        return RunConfig(input=tmp_path / "in", output=tmp_path / "out", **changes)

    return make


def photograph(height: int = 6, width: int = 8) -> Pixels:
    return np.full((height, width, 3), 100, np.uint8)


def put(config: RunConfig, name: str = "a.png", **options: Any) -> Job:
    """Saves a photograph of 6 x 8 pixels into the input, and returns its job."""
    file = config.input / name
    Image.fromarray(photograph()).save(file, **options)
    return Job(name, os.path.splitext(name)[0], file.stat().st_size, file.stat().st_mtime_ns)


def work(job: Job, config: RunConfig, proposer: FakeProposer | None = None) -> Outcome:
    return process(job, Bench(config, proposer or FakeProposer(), LABELS))


def as_drawn(file: Path) -> list[str]:
    with Image.open(file) as image:
        return ["".join(str(label) for label in row) for row in np.asarray(image)]


def files_of(folder: Path) -> list[str]:
    """Every file below a folder, hidden ones too; [] where there is no folder."""
    return sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file())


# mask_image: an array in, a mask and a trimap out.


def test_mask_image_gives_the_chosen_mask_and_its_trimap(make_config: RunMaker) -> None:
    result = mask_image(photograph(), FakeProposer(), make_config())
    assert result.status == "ok"
    assert result.mask.tolist() == centred_object((6, 8)).tolist()
    assert ["".join(map(str, row)) for row in result.trimap] == OBJECT_TRIMAP


def test_mask_image_measures_choice_and_refinement(make_config: RunMaker) -> None:
    result = mask_image(photograph(), FakeProposer(), make_config())
    assert result.seconds.keys() == {"encode", "decode", "choose", "refine"}


@pytest.mark.parametrize("proposer", [SeesNothing(), SeesTheBackdrop()])
def test_mask_image_without_an_acceptable_proposal_says_no_object(
    make_config: RunMaker, proposer: FakeProposer
) -> None:
    result = mask_image(photograph(), proposer, make_config())
    assert (result.status, result.score, result.confidence) == ("no_object", 0.0, 0.0)
    assert not result.mask.any()
    assert ["".join(map(str, row)) for row in result.trimap] == NO_OBJECT_TRIMAP


def test_mask_image_refines_the_mask(make_config: RunMaker) -> None:
    config = make_config(refine={"hole_fraction": 0.1, "island_fraction": 0})
    result = mask_image(photograph(9, 12), SeesAHole(), config)
    assert result.mask.tolist() == centred_object((9, 12)).tolist()


def test_mask_image_follows_the_trimap_settings(make_config: RunMaker) -> None:
    config = make_config(trimap={"contour_px": 0, "values": (255, 0, 128)})
    result = mask_image(photograph(), FakeProposer(), config)
    assert result.trimap.tolist() == (centred_object((6, 8)) * 255).tolist()


def test_the_model_sees_a_small_copy_and_the_mask_has_the_size_of_the_photograph(
    make_config: RunMaker,
) -> None:
    proposer = FakeProposer(max_side=20)
    result = mask_image(photograph(60, 80), proposer, make_config())
    assert proposer.seen == [(15, 20, 3)]
    assert result.mask.shape == result.trimap.shape == (60, 80)


def test_a_mask_from_a_small_copy_is_enlarged_in_place(make_config: RunMaker) -> None:
    # Rows 5..9 of 15 and columns 5..14 of 20, four times as large.
    result = mask_image(photograph(60, 80), FakeProposer(max_side=20), make_config())
    expected = np.zeros((60, 80), np.bool_)
    expected[20:40, 20:60] = True
    # Interpolation rounds the four corners off, by a few pixels each.
    assert np.count_nonzero(result.mask != expected) <= 4 * 4


def test_the_lock_is_held_while_the_model_works(make_config: RunMaker) -> None:
    lock = threading.Lock()

    class Watches(FakeProposer):
        def propose(self, image_rgb: Pixels) -> Found:
            was_locked.append(lock.locked())
            return super().propose(image_rgb)

    was_locked: list[bool] = []
    mask_image(photograph(), Watches(), make_config(), lock)
    assert was_locked == [True]
    assert not lock.locked()


# Several objects.


def test_all_objects_have_ids_by_falling_evidence(make_config: RunMaker) -> None:
    result = mask_image(photograph(), SeesTwo(), make_config(objects={"wanted": "all"}))
    assert result.labels is not None
    assert ["".join(map(str, row)) for row in result.labels] == [
        "00000000",
        "00000000",
        "02200110",
        "02200110",
        "00000000",
        "00000000",
    ]


def test_mask_and_trimap_are_of_all_objects_together(make_config: RunMaker) -> None:
    result = mask_image(photograph(), SeesTwo(), make_config(objects={"wanted": "all"}))
    assert ["".join(map(str, row)) for row in result.trimap] == [
        "22222222",
        "23322332",
        "31133113",
        "31133113",
        "23322332",
        "22222222",
    ]
    assert result.mask.tolist() == (result.trimap == 1).tolist()


def test_the_confidence_in_several_objects_is_their_mean_evidence(make_config: RunMaker) -> None:
    result = mask_image(photograph(), SeesTwo(), make_config(objects={"wanted": "all"}))
    assert (result.status, result.flags) == ("ok", ())
    assert (result.score, result.confidence) == (pytest.approx(0.7), pytest.approx(0.7))


def test_a_number_of_objects_takes_the_best(make_config: RunMaker) -> None:
    result = mask_image(photograph(), SeesTwo(), make_config(objects={"wanted": 1}))
    assert result.labels is not None
    assert np.unique(result.labels[:, :4]).tolist() == [0]
    assert result.labels.max() == 1


def test_without_any_object_the_label_image_is_empty(make_config: RunMaker) -> None:
    result = mask_image(photograph(), SeesNothing(), make_config(objects={"wanted": "all"}))
    assert (result.status, result.score) == ("no_object", 0.0)
    assert result.labels is not None
    assert not result.labels.any()


def test_of_one_object_there_are_no_labels(make_config: RunMaker) -> None:
    assert mask_image(photograph(), SeesTwo(), make_config()).labels is None


class SeesARing(FakeProposer):
    """A ring around two background pixels, to the right of a speck."""

    def masks(self, shape: tuple[int, ...]) -> list[Mask]:
        mask = np.zeros(shape[:2], np.bool_)
        mask[1:4, 3:7] = True
        mask[2, 4:6] = mask[3, 6] = False
        mask[5, 0] = True
        return [mask]


@pytest.mark.parametrize(
    ("hole_px", "island_px", "rows"),
    [
        (0, 0, ["00000000", "00011110", "00010010", "00011100", "00000000", "10000000"]),
        (3, 2, ["00000000", "00011110", "00011110", "00011100", "00000000", "00000000"]),
    ],
)
def test_each_of_several_objects_is_refined_by_fractions_of_the_photograph(
    make_config: RunMaker, hole_px: int, island_px: int, rows: list[str]
) -> None:
    fractions = {"hole_fraction": hole_px / 48, "island_fraction": island_px / 48}
    config = make_config(refine=fractions, objects={"wanted": "all"})
    result = mask_image(photograph(), SeesARing(), config)
    assert result.labels is not None
    assert ["".join(map(str, row)) for row in result.labels] == rows


# The second look.


class LooksAgain(FakeProposer):
    """Would see the object one pixel larger all around, or nothing."""

    look_again_below = 1.0

    def __init__(self, grow: int = 1) -> None:
        super().__init__()
        self.grow = grow
        self.shown: list[tuple[int, ...]] = []

    def look_again(self, image_rgb: Pixels, mask: Mask) -> Found:
        self.shown.append(image_rgb.shape)
        kernel = np.ones((2 * abs(self.grow) + 1,) * 2, np.uint8)
        change = cv2.dilate if self.grow > 0 else cv2.erode
        again = change(mask.astype(np.uint8), kernel).astype(np.bool_)
        return Found([Proposal(again, 0.9, 0.95)], Scene(), {"encode": 1.0, "decode": 2.0})


def test_a_second_look_is_at_the_object_and_a_margin_around_it(make_config: RunMaker) -> None:
    proposer = LooksAgain()
    mask_image(photograph(120, 160), proposer, make_config())
    # The object is 40 x 80 px; a tenth of that would be 4 and 8, and 8 is the least.
    assert proposer.shown == [(40 + 2 * 8, 80 + 2 * 8, 3)]


def test_what_the_second_look_saw_is_the_mask(make_config: RunMaker) -> None:
    first = mask_image(photograph(120, 160), FakeProposer(), make_config())
    second = mask_image(photograph(120, 160), LooksAgain(), make_config())
    assert (first.mask.sum(), second.mask.sum()) == (40 * 80, 42 * 82)


def test_a_second_look_that_sees_nothing_changes_nothing_but_confidence(
    make_config: RunMaker,
) -> None:
    first = mask_image(photograph(120, 160), FakeProposer(), make_config())
    second = mask_image(photograph(120, 160), LooksAgain(grow=-30), make_config())
    assert np.array_equal(first.mask, second.mask)
    assert second.confidence != first.confidence


def test_the_second_looks_seconds_are_counted(make_config: RunMaker) -> None:
    result = mask_image(photograph(), LooksAgain(), make_config())
    assert (result.seconds["encode"], result.seconds["decode"]) == (1.0, 2.0)


def test_a_choice_that_is_sure_enough_is_not_looked_at_again(make_config: RunMaker) -> None:
    proposer = LooksAgain()
    proposer.look_again_below = 0.0
    mask_image(photograph(), proposer, make_config())
    assert proposer.shown == []


# process: a file in, files and a record out.


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
    assert {n for n, value in asdict(record).items() if value is None} == {"error", "objects"}


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


# What goes wrong with one photograph is its record, and nothing else.


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
    bench = Bench(config, FakeProposer(), LABELS)
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
