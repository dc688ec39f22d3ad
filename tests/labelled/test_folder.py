"""Photographs with true masks: where they come from, and what is wrong with a folder of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from automask.config import RunConfig
from automask.errors import UsageError
from automask.labelled.folder import Labelled, LabelledFolder, dataset_of, load_mask
from automask.output.decisions import REJECTED, Decision, append_decision

RED, GROUND = (200, 30, 30), (0, 255, 0)


def box(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros((20, 20), np.bool_)
    mask[top:bottom, left:right] = True
    return mask


OBJECT = box(5, 5, 15, 15)
HALF = box(5, 5, 15, 10)
EMPTY = box(0, 0, 0, 0)


def labelled(truth: np.ndarray = OBJECT, name: str = "set_1.png") -> Labelled:
    return Labelled(name, np.where(truth[..., None], RED, GROUND).astype(np.uint8), truth)


def add(root: Path, name: str, truth: np.ndarray = OBJECT) -> None:
    """A photograph in `images/` and its mask in `masks/`."""
    for folder in ("images", "masks"):
        (root / folder / name).parent.mkdir(parents=True, exist_ok=True)
    photograph = labelled(truth)
    Image.fromarray(photograph.image).save(root / "images" / name)
    Image.fromarray(truth.astype(np.uint8) * 255).save(root / "masks" / name)


def folder(root: Path, studio: bool = False, **settings: Any) -> LabelledFolder:
    config = RunConfig(input=root / "images", output=root, **settings)
    return LabelledFolder(config, root / "masks", studio)


# The folder


def test_a_folder_gives_its_photographs_with_their_masks(tmp_path: Path) -> None:
    add(tmp_path, "set_2.png", HALF)
    add(tmp_path, "set_1.png", OBJECT)
    first, second = folder(tmp_path)
    assert (first.name, second.name) == ("set_1.png", "set_2.png")
    assert np.array_equal(first.truth, OBJECT)
    assert np.array_equal(second.truth, HALF)
    assert np.array_equal(first.image, labelled(OBJECT).image)


def test_a_mask_lies_in_the_subfolder_of_its_photograph(tmp_path: Path) -> None:
    add(tmp_path, "sub/set_1.png")
    (photograph,) = folder(tmp_path)
    assert photograph.name == "sub/set_1.png"
    assert np.array_equal(photograph.truth, OBJECT)


def test_a_folder_can_be_gone_through_again(tmp_path: Path) -> None:
    add(tmp_path, "set_1.png")
    photographs = folder(tmp_path)
    assert [p.name for p in photographs] == [p.name for p in photographs] == ["set_1.png"]


def test_limit_takes_the_first_photographs(tmp_path: Path) -> None:
    for name in ("c.png", "a.png", "b.png"):
        add(tmp_path, name)
    photographs = folder(tmp_path, limit=2)
    assert len(photographs) == 2
    assert [p.name for p in photographs] == ["a.png", "b.png"]


def test_every_so_many_th_is_taken_before_the_limit(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png", "d.png", "e.png"):
        add(tmp_path, name)
    config = RunConfig(input=tmp_path / "images", output=tmp_path, limit=2)
    every_second = LabelledFolder(config, tmp_path / "masks", every=2)
    assert [p.name for p in every_second] == ["a.png", "c.png"]


def test_what_a_person_rejected_of_a_run_is_not_learned_from(tmp_path: Path) -> None:
    add(tmp_path, "a.png")
    add(tmp_path, "b.png")
    append_decision(tmp_path, Decision("b.png", REJECTED))  # masks/ is in tmp_path
    assert [one.name for one in folder(tmp_path)] == ["a.png"]


def test_a_folder_without_images_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    with pytest.raises(UsageError, match="no image in"):
        folder(tmp_path)


def test_a_missing_true_mask_is_told(tmp_path: Path) -> None:
    add(tmp_path, "set_1.png")
    (tmp_path / "masks" / "set_1.png").unlink()
    with pytest.raises(UsageError, match=r"set_1\.png cannot be read"):
        list(folder(tmp_path))


def test_foreground_begins_at_128(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 127, 128, 255]], np.uint8)).save(tmp_path / "mask.png")
    assert load_mask(tmp_path / "mask.png").tolist() == [[False, False, True, True]]


def test_a_mask_may_be_of_0_and_1(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 1, 1, 0]], np.uint8)).save(tmp_path / "mask.png")
    assert load_mask(tmp_path / "mask.png").tolist() == [[False, True, True, False]]


def test_a_mask_of_nothing_is_empty(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((1, 3), np.uint8)).save(tmp_path / "mask.png")
    assert not load_mask(tmp_path / "mask.png").any()


def test_a_trimap_is_not_taken_for_an_empty_mask(tmp_path: Path) -> None:
    Image.fromarray(np.array([[1, 2, 3, 2]], np.uint8)).save(tmp_path / "mask.png")
    with pytest.raises(UsageError, match=r"mask\.png has no value of 128 or more.* up to 3: save"):
        load_mask(tmp_path / "mask.png")


# In the studio


def test_a_studio_takes_the_ground_away_and_moves_the_truth_with_the_object(
    tmp_path: Path,
) -> None:
    add(tmp_path, "set_1.png")
    (shot,) = folder(tmp_path, studio=True)
    assert (shot.image.shape, shot.truth.shape, shot.truth.dtype) == ((20, 20, 3), (20, 20), bool)
    assert not (shot.image == GROUND).all(axis=2).any()
    inner = cv2.erode(shot.truth.astype(np.uint8), np.ones((7, 7), np.uint8), borderValue=0) > 0
    assert inner.any()
    assert (shot.image[inner] == RED).all()


def test_a_name_has_the_same_backdrop_whatever_else_is_in_the_folder(tmp_path: Path) -> None:
    add(tmp_path, "set_1.png")
    (alone,) = folder(tmp_path, studio=True)
    add(tmp_path, "set_0.png")
    _, with_another = folder(tmp_path, studio=True)
    assert with_another.name == "set_1.png"
    assert np.array_equal(alone.image, with_another.image)
    assert np.array_equal(alone.truth, with_another.truth)


def test_another_name_has_another_backdrop(tmp_path: Path) -> None:
    for name in ("set_0.png", "set_1.png"):
        add(tmp_path, name)
    first, second = folder(tmp_path, studio=True)
    assert not np.array_equal(first.image, second.image)


def test_a_photograph_without_an_object_stays_out_of_the_studio(tmp_path: Path) -> None:
    add(tmp_path, "set_1.png", EMPTY)
    (photograph,) = folder(tmp_path, studio=True)
    assert np.array_equal(photograph.image, labelled(EMPTY).image)
    assert not photograph.truth.any()


def test_a_mask_of_another_size_is_told_with_both_sizes(tmp_path: Path) -> None:
    add(tmp_path, "set_1.png")
    Image.new("L", (30, 10)).save(tmp_path / "masks" / "set_1.png")
    for studio in (False, True):
        with pytest.raises(UsageError, match=r"set_1\.png.*\(20, 20\), its mask \(10, 30\)"):
            list(folder(tmp_path, studio))


def test_a_data_set_is_the_name_before_the_underscore() -> None:
    assert dataset_of("ecssd_0001") == "ecssd"
    assert dataset_of("photo") == "all"
