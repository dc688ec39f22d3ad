"""Which masks are learned from, and which are held out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from automask.errors import UsageError
from automask.image.results import mark_of
from automask.labelled.folder import Labelled
from automask.output.decisions import REJECTED, Decision, append_decision
from automask.records import to_line
from automask.tuning.reviewed import hold_out, hold_out_true, load_reviewed

if TYPE_CHECKING:
    from conftest import RecordMaker


def test_a_folder_of_images_and_masks(masked_folder: Path, discs: list[Labelled]) -> None:
    reviewed = load_reviewed(masked_folder)
    pairs = reviewed.pairs
    assert [p.name for p in pairs] == [d.name for d in discs]
    assert reviewed.without_mask == 0
    assert (pairs[2].truth == discs[2].truth).all()
    assert (pairs[2].image == discs[2].image).all()


def test_masks_of_0_and_1_are_masks_too(masked_folder: Path, discs: list[Labelled]) -> None:
    file = masked_folder / "masks" / "disc_2.png"
    Image.fromarray(discs[2].truth.astype(np.uint8)).save(file)
    pairs = load_reviewed(masked_folder).pairs
    assert (pairs[2].truth == discs[2].truth).all()


def test_a_photograph_whose_mask_was_deleted_is_left_out(masked_folder: Path) -> None:
    (masked_folder / "masks" / "disc_3.png").unlink()
    reviewed = load_reviewed(masked_folder)
    assert len(reviewed.pairs) == 5
    assert reviewed.without_mask == 1


def test_the_results_of_a_run_with_the_photographs_elsewhere(
    masked_folder: Path, tmp_path: Path
) -> None:
    results = tmp_path / "output"
    (results / "trimaps").mkdir(parents=True)
    for number in range(6):
        trimap = np.full((64, 64), 2, np.uint8)
        trimap[10:20, 10:20] = 3  # contour
        trimap[11:19, 11:19] = 1  # foreground
        Image.fromarray(trimap).save(results / "trimaps" / f"disc_{number}.png")
    pairs = load_reviewed(results, masked_folder / "images").pairs
    assert [p.truth.sum() for p in pairs] == [64] * 6  # 8 x 8: the contour is background


def test_trimaps_with_other_labels(masked_folder: Path, tmp_path: Path) -> None:
    results = tmp_path / "output"
    (results / "trimaps").mkdir(parents=True)
    for number in range(6):
        trimap = np.zeros((64, 64), np.uint8)
        trimap[:32] = 255
        Image.fromarray(trimap).save(results / "trimaps" / f"disc_{number}.png")
    pairs = load_reviewed(results, masked_folder / "images", foreground=255).pairs
    assert pairs[0].truth[:32].all()
    assert not pairs[0].truth[32:].any()


def test_what_a_person_rejected_is_not_learned_from(masked_folder: Path) -> None:
    append_decision(masked_folder, Decision("disc_3.png", REJECTED))
    reviewed = load_reviewed(masked_folder)
    assert "disc_3.png" not in [pair.name for pair in reviewed.pairs]
    assert (len(reviewed.pairs), reviewed.rejected, reviewed.without_mask) == (5, 1, 0)


def test_where_people_reviewed_enough_nothing_else_is_learned_from(
    masked_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        append_decision(masked_folder, Decision(f"disc_{number}.png", "accepted"))
    assert len(load_reviewed(masked_folder).pairs) == 6
    monkeypatch.setattr("automask.output.verdicts.ENOUGH", 4)
    reviewed = load_reviewed(masked_folder)
    assert [pair.name for pair in reviewed.pairs] == [f"disc_{n}.png" for n in range(4)]
    assert (reviewed.unseen, reviewed.without_mask, reviewed.rejected) == (2, 0, 0)


def test_a_trimap_that_a_person_mended_is_learned_from_before_the_mask(
    masked_folder: Path, make_record: RecordMaker
) -> None:
    files = [masked_folder / f"{folder}/disc_2.png" for folder in ("masks", "trimaps")]
    files[1].parent.mkdir()
    trimap = np.full((64, 64), 2, np.uint8)
    Image.fromarray(trimap).save(files[1])
    record = make_record(
        image="disc_2.png", output="masks/disc_2.png", kinds=("mask", "trimap"),
        written=tuple(str(mark_of(file)) for file in files),
    )  # fmt: skip
    (masked_folder / "records").mkdir()
    (masked_folder / "records" / "run.jsonl").write_text(to_line(record))
    trimap[11:19, 11:19] = 1
    Image.fromarray(trimap).save(files[1])
    assert load_reviewed(masked_folder).pairs[2].truth.sum() == 64


def test_true_masks_are_what_is_held_out(masked_folder: Path, tmp_path: Path) -> None:
    truth = tmp_path / "truth"
    truth.mkdir()
    for number in (1, 4):
        true = np.zeros((64, 64), np.uint8)
        true[:8, :8] = 255
        Image.fromarray(true).save(truth / f"disc_{number}.png")
    reviewed = load_reviewed(masked_folder, truth=truth)
    learn, held_out = hold_out_true(reviewed, 0.33)
    assert {pair.name for pair in held_out} == {"disc_1.png", "disc_4.png"}
    assert [pair.truth.sum() for pair in held_out] == [64, 64]
    assert {pair.name for pair in learn} == {f"disc_{number}.png" for number in (0, 2, 3, 5)}


def test_a_folder_without_a_true_mask_is_refused(masked_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has a mask of none of the photographs"):
        load_reviewed(masked_folder, truth=tmp_path / "elsewhere")


def test_missing_photographs_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    with pytest.raises(UsageError, match="name it with --images"):
        load_reviewed(tmp_path)


def test_a_folder_without_results(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    with pytest.raises(UsageError, match="neither a folder masks nor a folder trimaps"):
        load_reviewed(tmp_path)


def test_too_few_masks(masked_folder: Path) -> None:
    for number in range(3):
        (masked_folder / "masks" / f"disc_{number}.png").unlink()
    with pytest.raises(UsageError, match=r"3 of 6 photographs .* at least 4"):
        load_reviewed(masked_folder)


def test_a_mask_of_another_size_is_named(masked_folder: Path) -> None:
    Image.new("L", (10, 20)).save(masked_folder / "masks" / "disc_1.png")
    with pytest.raises(UsageError, match=r"disc_1\.png.*\(64, 64\), its mask \(20, 10\)"):
        load_reviewed(masked_folder)


def test_a_damaged_mask_is_named(masked_folder: Path) -> None:
    (masked_folder / "masks" / "disc_1.png").write_text("no picture")
    with pytest.raises(UsageError, match=r"disc_1\.png cannot be read"):
        load_reviewed(masked_folder)


def test_a_fifth_is_held_out_and_nothing_is_lost(discs: list[Labelled]) -> None:
    learn, held_out = hold_out(discs, 0.2)
    assert (len(learn), len(held_out)) == (5, 1)
    assert {p.name for p in learn + held_out} == {d.name for d in discs}


def test_the_same_pairs_are_held_out_whatever_their_order(discs: list[Labelled]) -> None:
    _, held_out = hold_out(discs, 0.5)
    _, again = hold_out(discs[::-1], 0.5)
    assert [p.name for p in held_out] == [p.name for p in again]


@pytest.mark.parametrize(("share", "expected"), [(1e-9, 1), (1 - 1e-9, 5)])
def test_neither_side_is_ever_empty(discs: list[Labelled], share: float, expected: int) -> None:
    assert len(hold_out(discs, share)[1]) == expected


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, 5.0, float("nan")])
def test_a_share_that_is_none_is_refused(discs: list[Labelled], share: float) -> None:
    with pytest.raises(UsageError, match="--hold-out must lie between 0 and 1"):
        hold_out(discs, share)


def test_masks_without_any_object_are_told_with_the_flag_to_look_at(
    masked_folder: Path, tmp_path: Path
) -> None:
    results = tmp_path / "output"
    (results / "trimaps").mkdir(parents=True)
    for number in range(6):
        trimap = np.full((64, 64), 128, np.uint8)
        Image.fromarray(trimap).save(results / "trimaps" / f"disc_{number}.png")
    with pytest.raises(UsageError, match="label 1, see --foreground"):
        load_reviewed(results, masked_folder / "images")


def test_a_large_photograph_is_held_small(masked_folder: Path) -> None:
    large = np.zeros((100, 4096), np.uint8)
    large[:, :2048] = 255
    Image.fromarray(large).convert("RGB").save(masked_folder / "images" / "large.png")
    Image.fromarray(large).save(masked_folder / "masks" / "large.png")
    pair = next(p for p in load_reviewed(masked_folder).pairs if p.name == "large.png")
    assert pair.image.shape == (50, 2048, 3)
    assert pair.truth[:, :1023].all()
    assert not pair.truth[:, 1025:].any()
