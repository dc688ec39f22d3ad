"""Masks of two runs, read from whatever each has kept, and how alike they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from compare_runs import HERE, MOVED, Finished, a_run

from automask.compare.agreement import Likeness, Unread, agreement, likeness
from automask.compare.masks import Masks
from automask.compare.runs import read_run

CONTOURED = ("..++..", ".####.", ".####.", "..++..")


def alike(tmp_path: Path, finished: Finished, **other: Any) -> Likeness | Unread:
    """A's mask of a.jpg against B's. other: of B: its drawing, kind, values, run.json, status."""
    status, rows = other.pop("status", "ok"), other.pop("rows", HERE)
    kind = other.pop("kind", "mask")
    a = a_run(tmp_path / "A", [finished("a")], {"a": HERE})
    record = finished("a", status=status, kinds=(kind,), output=f"{kind}s/a.png")
    b = a_run(tmp_path / "B", [record], {"a": rows}, kind=kind, **other)
    ours, theirs = read_run(a, "A"), read_run(b, "B")
    return likeness(ours.records["a.jpg"], theirs.records["a.jpg"], Masks(ours), Masks(theirs))


def test_the_iou_is_of_the_two_masks(tmp_path: Path, finished: Finished) -> None:
    assert alike(tmp_path, finished, rows=MOVED) == Likeness("a.jpg", 0.6)


@pytest.mark.parametrize("kind", ["mask", "trimap", "objects", "alpha"])
def test_one_run_may_have_kept_another_kind(tmp_path: Path, finished: Finished, kind: str) -> None:
    assert alike(tmp_path, finished, rows=MOVED, kind=kind) == Likeness("a.jpg", 0.6)


def test_a_mask_mended_by_another_program_may_be_of_0_and_1(
    tmp_path: Path, finished: Finished
) -> None:
    assert alike(tmp_path, finished, rows=MOVED, values=(1, 0, 0)) == Likeness("a.jpg", 0.6)


def test_a_mask_with_values_that_mean_nothing_is_not_taken_for_an_empty_one(
    tmp_path: Path, finished: Finished
) -> None:
    found = alike(tmp_path, finished, values=(7, 9, 9))
    assert isinstance(found, Unread)
    assert "has the values 7, 9: what do they mean?" in found.error


def test_a_trimaps_contour_is_background_and_its_values_are_those_of_run_json(
    tmp_path: Path, finished: Finished
) -> None:
    described = {"config": {"trimap": {"values": [255, 0, 128]}}}
    found = alike(
        tmp_path, finished, rows=CONTOURED, kind="trimap", values=(255, 0, 128), described=described
    )
    assert found == Likeness("a.jpg", 1.0)


def test_a_trimap_with_values_that_nobody_named_is_not_guessed_at(
    tmp_path: Path, finished: Finished
) -> None:
    found = alike(tmp_path, finished, rows=CONTOURED, kind="trimap", values=(255, 0, 128))
    assert found == Unread(
        "a.jpg",
        "trimap of B: 'a.png' has the values 0, 128, 255, and should have 1 foreground, "
        "2 background, 3 contour: save it so",
    )


def test_masks_of_different_sizes_are_not_compared(tmp_path: Path, finished: Finished) -> None:
    found = alike(tmp_path, finished, rows=HERE[:3])
    assert isinstance(found, Unread)
    assert "6 x 4 and 6 x 3" in found.error


def test_a_mask_that_was_deleted_or_never_kept_is_named(tmp_path: Path, finished: Finished) -> None:
    a = read_run(a_run(tmp_path / "A", [finished("a"), finished("b", kinds=("cutout",))]), "A")
    masks = Masks(a)
    for image, error in (
        ("a.jpg", "mask of A: 'a.png': cannot be read"),
        ("b.jpg", "run with --save mask"),
    ):
        found = likeness(a.records[image], a.records[image], masks, masks)
        assert isinstance(found, Unread)
        assert error in found.error


@pytest.mark.parametrize("output", ["/etc/a.png", "masks/../../a.png", "a.png"])
def test_a_ledger_cannot_name_a_file_outside_its_folder(
    tmp_path: Path, finished: Finished, output: str
) -> None:
    run = read_run(a_run(tmp_path / "A", [finished("a", output=output)]), "A")
    found = likeness(run.records["a.jpg"], run.records["a.jpg"], Masks(run), Masks(run))
    assert isinstance(found, Unread)
    assert "is not a result of automask" in found.error


@pytest.mark.parametrize(
    ("status_a", "status_b", "iou"),
    [("no_object", "no_object", 1.0), ("ok", "no_object", 0.0), ("no_object", "ok", 0.0)],
)
def test_without_an_object_no_file_is_needed(
    tmp_path: Path, finished: Finished, status_a: str, status_b: str, iou: float
) -> None:
    run = read_run(a_run(tmp_path / "A", [finished("a")]), "A")
    a, b = finished("a", status=status_a), finished("a", status=status_b)
    assert likeness(a, b, Masks(run), Masks(run)) == Likeness("a.jpg", iou)


def test_the_shares_and_the_histogram_count_each_image_once() -> None:
    found = agreement([Likeness(str(iou), iou) for iou in (1.0, 0.95, 0.9, 0.3)])
    assert found is not None
    assert (found.mean, found.median) == (pytest.approx(0.7875), pytest.approx(0.925))
    assert (found.share_alike, found.share_close, found.share_other) == (0.5, 0.75, 0.25)
    assert [(b.low, b.images) for b in found.histogram if b.images] == [
        (0.25, 1), (0.9, 1), (0.95, 1), (1.0, 1),
    ]  # fmt: skip


def test_of_no_images_there_is_no_agreement() -> None:
    assert agreement([]) is None
