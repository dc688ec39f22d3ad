"""Pairs: read whole or not at all, and split once for ever."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from miniature import disc_pair
from PIL import Image

from automask.tiny_training.data import is_validation, load_pairs, with_share

FIRST_VALIDATION_NAMES = [
    "ILSVRC2012_test_00000091",
    "ILSVRC2012_test_00000437",
    "ILSVRC2012_test_00000445",
]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Folders images/ and masks/, still empty."""
    images, masks = tmp_path / "images", tmp_path / "masks"
    images.mkdir()
    masks.mkdir()
    return images, masks


def write(file: Path, *rows: list[object]) -> None:
    Image.fromarray(np.array(rows, np.uint8)).save(file)


def test_the_validation_split_depends_on_the_name_alone() -> None:
    names = [f"ILSVRC2012_test_{i:08}" for i in range(5000)]
    share = np.mean([is_validation(name) for name in names])
    assert 0.015 < share < 0.025
    # A split that moved would let a model be checked on what it has learned.
    assert [n for n in names if is_validation(n)][:3] == FIRST_VALIDATION_NAMES


def test_an_image_is_rgb_and_its_mask_has_two_values(folders: tuple[Path, Path]) -> None:
    images, masks = folders
    write(images / "a.png", [(255, 0, 0), (0, 255, 0), (0, 0, 255)])
    write(masks / "a.png", [127, 128, 200])
    (pair,) = load_pairs(images, masks)
    assert pair.name == "a"
    assert pair.image.tolist() == [[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]
    assert pair.mask.tolist() == [[0, 255, 255]]


def test_pairs_come_sorted_by_name_and_a_limit_takes_the_first(folders: tuple[Path, Path]) -> None:
    images, masks = folders
    for name in ("c", "a", "b"):
        write(images / f"{name}.png", [(1, 2, 3)])
        write(masks / f"{name}.png", [255])
    assert [p.name for p in load_pairs(images, masks)] == ["a", "b", "c"]
    assert [p.name for p in load_pairs(images, masks, limit=2)] == ["a", "b"]


def test_a_pair_without_its_mask_stops_the_training(folders: tuple[Path, Path]) -> None:
    images, masks = folders
    write(images / "a.png", [(1, 2, 3)])
    with pytest.raises(FileNotFoundError, match=r"a\.png has no mask"):
        load_pairs(images, masks)


def test_a_mask_of_another_size_stops_the_training(folders: tuple[Path, Path]) -> None:
    images, masks = folders
    write(images / "a.png", [(1, 2, 3), (1, 2, 3)])
    write(masks / "a.png", [255])
    with pytest.raises(ValueError, match=r"a\.png is \(1, 2\), its mask \(1, 1\)"):
        load_pairs(images, masks)


@pytest.mark.parametrize("damaged", ["images", "masks"])
def test_a_damaged_file_is_named(folders: tuple[Path, Path], damaged: str) -> None:
    images, masks = folders
    write(images / "a.png", [(1, 2, 3)])
    write(masks / "a.png", [255])
    (images.parent / damaged / "a.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=rf"{damaged}/a\.png cannot be decoded"):
        load_pairs(images, masks)


def test_a_map_of_objects_is_a_mask_of_all_of_them(folders: tuple[Path, Path]) -> None:
    images, maps = folders
    write(images / "cats_1.png", [[0, 0, 0]] * 3, [[0, 0, 0]] * 3)
    write(maps / "cats_1.png", [0, 1, 1], [0, 7, 0])
    (pair,) = load_pairs(images, maps, are_objects=True)
    assert pair.mask.tolist() == [[0, 255, 255], [0, 255, 0]]
    assert pair.objects is not None
    assert pair.objects.tolist() == [[0, 1, 1], [0, 7, 0]]


def test_others_come_as_often_as_gives_them_their_share() -> None:
    pairs, others = [disc_pair(i) for i in range(8)], [disc_pair(9)]
    names = [pair.name for pair in with_share(pairs, others, 0.2)]
    assert names == [*(f"disc_{i}" for i in range(8)), "disc_9", "disc_9"]
    assert with_share(pairs, [], 0.2) == pairs
