"""Which file is compared with which."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eval_folders import MOVED, TRUTH, drawn, folder, save

from automask.errors import CollisionError, UsageError
from automask.evaluate.conventions import Convention
from automask.evaluate.folders import MaskFolder, mask_folder, match
from automask.image.results import mark_of
from automask.output.ledger import RecordWriter, load_records


def of(*files: str) -> MaskFolder:
    """A folder of these files, without a disk."""
    return MaskFolder(Path("masks"), {file.rpartition(".")[0]: file for file in files})


# A folder


def test_a_folder_holds_its_pictures_by_path_without_extension(tmp_path: Path) -> None:
    save(tmp_path / "sub" / "b.bmp", drawn(TRUTH))
    save(tmp_path / "a.png", drawn(TRUTH))
    (tmp_path / "notes.txt").write_text("no picture")
    assert mask_folder(tmp_path).files == {"a": "a.png", "sub/b": "sub/b.bmp"}


def test_an_empty_folder_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no mask in"):
        mask_folder(tmp_path)


def test_two_masks_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a.png", "a.bmp"):
        save(tmp_path / name, drawn(TRUTH))
    with pytest.raises(CollisionError, match=r"'a\.bmp' and 'a\.png' differ only in"):
        mask_folder(tmp_path)


# An output of automask


def test_of_an_output_the_masks_are_taken(output: Path) -> None:
    folder(output / "trimaps", a_1=TRUTH)
    found = mask_folder(output)
    assert (found.root, found.output) == (output / "masks", output)
    assert found.convention is None


def test_of_an_image_that_has_no_mask_the_trimap_is_taken(output: Path) -> None:
    # A first run over two images kept masks too; the second, over all of them, trimaps alone.
    folder(output / "trimaps", a_1=TRUTH, a_2=TRUTH, b_1=TRUTH)
    (output / "masks" / "b_1.png").unlink()
    _record_again(output, "b_1", kinds=("trimap",))
    found = mask_folder(output)
    assert found.files == {"a_1": "a_1.png", "a_2": "a_2.png", "b_1": "b_1.png"}
    assert (found.root, found.convention) == (output / "masks", None)
    assert found.trimaps is not None
    assert (found.trimaps.root, found.trimaps.files) == (output / "trimaps", {"b_1": "b_1.png"})


def test_a_mask_that_an_older_run_left_is_not_taken_for_the_newest(output: Path) -> None:
    folder(output / "trimaps", a_1=TRUTH)
    _record_again(output, "a_1", kinds=("trimap",))
    found = mask_folder(output)
    assert found.trimaps is not None
    assert found.trimaps.files == {"a_1": "a_1.png"}


def test_a_recorded_mask_that_was_deleted_is_missing_whatever_its_trimap(output: Path) -> None:
    folder(output / "trimaps", a_1=TRUTH, a_2=TRUTH, b_1=TRUTH)
    (output / "masks" / "b_1.png").unlink()
    found = mask_folder(output)
    assert sorted(found.files) == ["a_1", "a_2"]
    assert found.trimaps is None


def test_where_no_image_has_a_mask_trimaps_are_all_there_is(output: Path) -> None:
    folder(output / "trimaps", a_1=TRUTH)
    for name in ("a_1", "a_2", "b_1"):
        _record_again(output, name, kinds=("trimap",))
    found = mask_folder(output)
    assert (found.root, found.files) == (output / "trimaps", {"a_1": "a_1.png"})


def _record_again(output: Path, name: str, **changes: Any) -> None:
    """A newer record of an image."""
    (old,) = (r for r in load_records(output).values() if r.image == f"{name}.jpg")
    with RecordWriter(output / "records" / "run.jsonl") as ledger:
        ledger.append(replace(old, generation=old.generation + 1, **changes))


def test_without_masks_its_trimaps_are_with_the_labels_they_were_made_with(output: Path) -> None:
    (output / "masks").rename(output / "trimaps")
    described = {"config": {"trimap": {"values": [0, 255, 128]}}}
    (output / "run.json").write_text(json.dumps(described))
    found = mask_folder(output)
    assert found.root == output / "trimaps"
    assert found.convention == Convention(0, 255, 128)


@pytest.mark.parametrize("text", [None, "torn {", "{}", '{"config": {"trimap": {"values": [1]}}}'])
def test_an_output_that_does_not_say_its_labels_leaves_them_to_be_told(
    output: Path, text: str | None
) -> None:
    (output / "masks").rename(output / "trimaps")
    if text is not None:
        (output / "run.json").write_text(text)
    assert mask_folder(output).convention is None


def test_a_folder_without_records_is_no_output_whatever_its_subfolders(tmp_path: Path) -> None:
    folder(tmp_path / "masks", a=TRUTH)
    found = mask_folder(tmp_path)
    assert (found.root, found.output) == (tmp_path, None)
    assert found.files == {"masks/a": "masks/a.png"}


# Pairs


def test_files_match_by_path_whatever_their_extension() -> None:
    matches = match(of("a.png", "sub/b.png"), of("a.bmp", "sub/b.tif"))
    assert [(p.truth, p.predicted) for p in matches.pairs] == [
        ("a.bmp", "a.png"),
        ("sub/b.tif", "sub/b.png"),
    ]


def test_a_truth_without_a_prediction_and_one_without_a_truth_are_told_apart() -> None:
    matches = match(of("a.png", "c.png"), of("a.png", "b.png"))
    assert [(p.truth, p.predicted) for p in matches.pairs] == [("a.png", "a.png"), ("b.png", None)]
    assert matches.extra == ("c.png",)


def test_an_output_name_that_kept_its_extension_matches_too() -> None:
    (pair,) = match(of("sub/a.jpg.png"), of("sub/a.png")).pairs
    assert (pair.truth, pair.predicted, pair.stem) == ("sub/a.png", "sub/a.jpg.png", "sub/a.jpg")


def test_a_dot_in_a_name_is_no_extension() -> None:
    with pytest.raises(UsageError, match="none of the 1 true masks"):
        match(of("a.v2.png"), of("a.png"))


def test_two_predictions_for_one_truth_are_refused() -> None:
    with pytest.raises(CollisionError, match=r"'a\.jpg\.png' and 'a\.bmp\.png' are both"):
        match(of("a.jpg.png", "a.bmp.png"), of("a.png"))


def test_folders_without_a_common_name_are_wrong_usage() -> None:
    with pytest.raises(UsageError, match=r"relative path without .*'x\.png'.*'a\.png'"):
        match(of("x.png"), of("a.png"))


# Names in their two spellings: composed, as most systems write them, and decomposed, as a Mac's.

NFC, NFD = "M\u00f6bel/K\u00e4fer", "Mo\u0308bel/Ka\u0308fer"


@pytest.mark.parametrize(
    ("predicted", "truth"),
    [(NFC, NFD), (NFD, NFC), ("caf\u00e9", "cafe\u0301"), ("\ud55c", "\u1112\u1161\u11ab")],
)
def test_masks_are_matched_however_their_names_are_spelt(
    tmp_path: Path, predicted: str, truth: str
) -> None:
    save(tmp_path / "ours" / f"{predicted}.png", drawn(TRUTH))
    save(tmp_path / "theirs" / f"{truth}.png", drawn(TRUTH))
    matches = match(mask_folder(tmp_path / "ours"), mask_folder(tmp_path / "theirs"))
    (pair,) = matches.pairs
    assert (pair.truth, pair.predicted) == (f"{truth}.png", f"{predicted}.png")
    assert matches.extra == ()


def test_two_spellings_of_one_mask_are_refused(tmp_path: Path) -> None:
    for name in (NFC, NFD):
        save(tmp_path / f"{name}.png", drawn(TRUTH))
    with pytest.raises(CollisionError, match="one name, spelt with composed"):
        mask_folder(tmp_path)


def test_a_trimap_that_a_person_mended_is_taken_before_the_mask(output: Path) -> None:
    folder(output / "trimaps", a_1=TRUTH)
    files = (output / "masks" / "a_1.png", output / "trimaps" / "a_1.png")
    written = tuple(str(mark_of(file)) for file in files)
    _record_again(output, "a_1", kinds=("mask", "trimap"), written=written)
    folder(output / "trimaps", a_1=MOVED)
    os.utime(files[1], ns=(0, 1))
    found = mask_folder(output)
    assert found.trimaps is not None
    assert found.trimaps.files == {"a_1": "a_1.png"}
