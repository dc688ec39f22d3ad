"""Which file is compared with which."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eval_folders import TRUTH, drawn, folder, save

from automask.errors import CollisionError, UsageError
from automask.evaluate.conventions import Convention
from automask.evaluate.folders import MaskFolder, mask_folder, match


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
