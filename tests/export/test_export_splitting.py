"""The split, and what keeps near duplicates together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from export_runs import RING, Run, save

from automask.errors import UsageError
from automask.export.duplicates import fingerprint, near_groups
from automask.export.export import Options, export
from automask.export.splitting import parse_shares, split

THREE_WAYS = parse_shares("0.8/0.1/0.1")


def alone(images: list[str], seed: int = 0, shares: str = "0.8/0.1/0.1") -> dict[str, str]:
    """The split where no photograph has a near duplicate."""
    return split(images, range(len(images)), parse_shares(shares), seed)


def names(folder: str, count: int) -> list[str]:
    return [f"{folder}/{k}.jpg" for k in range(count)]


# Sides


def test_the_shares_are_met_to_the_photograph() -> None:
    assert Counter(alone(names("a", 100)).values()) == {"train": 80, "val": 10, "test": 10}


def test_each_folder_is_divided_alike() -> None:
    sides = alone(names("a", 10) + names("b", 20) + names("c", 30))
    by_folder = Counter((image[0], side) for image, side in sides.items())
    assert by_folder == {
        ("a", "train"): 8, ("a", "val"): 1, ("a", "test"): 1,
        ("b", "train"): 16, ("b", "val"): 2, ("b", "test"): 2,
        ("c", "train"): 24, ("c", "val"): 3, ("c", "test"): 3,
    }  # fmt: skip


def test_many_small_folders_are_divided_together() -> None:
    images = [f"{folder:02}/a.jpg" for folder in range(20)]
    assert Counter(alone(images).values()) == {"train": 16, "val": 2, "test": 2}


def test_it_is_the_same_whatever_the_order_and_another_with_another_seed() -> None:
    images = names("a", 50)
    assert alone(images[::-1]) == alone(images)
    assert alone(images, seed=1) != alone(images)
    assert Counter(alone(images, seed=1).values()) == Counter(alone(images).values())


def test_this_split_stays() -> None:
    # Written down: another release must not shuffle anybody's validation set.
    sides = alone(names("a", 10), seed=7, shares="0.7/0.3")
    assert sorted(image for image, side in sides.items() if side == "val") == VALIDATION


VALIDATION = ["a/1.jpg", "a/2.jpg", "a/6.jpg"]


def test_a_group_is_never_divided() -> None:
    images = names("a", 60)
    groups = [k // 3 * 3 for k in range(60)]
    sides = split(images, groups, THREE_WAYS, 0)
    for k in range(0, 60, 3):
        assert len({sides[image] for image in images[k : k + 3]}) == 1
    assert Counter(sides.values()) == {"train": 48, "val": 6, "test": 6}


@pytest.mark.parametrize("text", ["0.8", "0.8/0.1", "1/0", "0.5/0.6", "a/b", "0.4/0.3/0.2/0.1"])
def test_shares_that_make_no_whole_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="add up to 1"):
        parse_shares(text)


def test_too_few_for_all_sides_are_refused(empty_run: Run, tmp_path: Path) -> None:
    empty_run.add("a.jpg", RING)
    with pytest.raises(UsageError, match="leaves val empty: 1 photographs"):
        export(Options(empty_run.output, "csv", tmp_path / "t.csv", shares="0.9/0.1"))


def test_a_deleted_mask_takes_no_place_in_the_split(empty_run: Run, tmp_path: Path) -> None:
    for image in names("a", 10):
        empty_run.add(image, RING)
    for image in VALIDATION:  # all that would be for validation if they had their masks
        (empty_run.output / "masks" / image).with_suffix(".png").unlink()
    options = Options(empty_run.output, "cvat", tmp_path / "x", shares="0.7/0.3", seed=7)
    counts = export(options).summary["split"]["photographs"]
    assert counts == {"train": 5, "val": 2}


def test_a_side_that_what_was_written_leaves_empty_is_refused(
    empty_run: Run, tmp_path: Path
) -> None:
    empty_run.add("a.png", RING)
    empty_run.add("b.png", RING)
    save(empty_run.output / "masks" / "b.png", np.zeros((2, 2), np.uint8))  # of another size
    with pytest.raises(UsageError, match=r"leaves (train|val) empty: 1 photographs"):
        export(Options(empty_run.output, "csv", tmp_path / "t.csv", shares="0.5/0.5"))
    assert not (tmp_path / "t.csv").exists()


# Near duplicates


def test_hashes_few_bits_apart_are_one_group() -> None:
    # 0 and 3 differ in two bits; 7 in three from 0, one from 3, and so it is drawn in.
    assert near_groups([0, 0b1111_0000, 0b11, 0b111], bits=2) == [0, 1, 0, 0]
    assert near_groups([0, 0b11], bits=1) == [0, 1]
    assert near_groups([5, 5, 5], bits=0) == [0, 0, 0]
    assert near_groups([], bits=2) == []


@pytest.mark.parametrize("bits", [0, 3, 8])
def test_bands_miss_no_pair(bits: int) -> None:
    chance = np.random.default_rng(3)
    centres = chance.integers(0, 2**63, 30, dtype=np.uint64).tolist()
    near = []
    for centre in centres:
        flips = chance.choice(64, bits, replace=False).tolist()
        near.append(centre ^ sum(1 << flip for flip in flips))
    assert near_groups(centres + near, bits) == [*range(30), *range(30)]


def photograph(seed: int) -> np.ndarray:
    """Soft blotches, 60 x 80 x 3."""
    noise = np.random.default_rng(seed).random((60, 80, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 6)
    return cv2.normalize(soft, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def test_the_same_photograph_smaller_and_saved_again_is_near(tmp_path: Path) -> None:
    first = fingerprint(save(tmp_path / "a.png", photograph(1)))
    again = save(tmp_path / "b.jpg", photograph(1)[::2, ::2], quality=50)
    other = save(tmp_path / "c.jpg", photograph(2))
    assert near_groups([first, fingerprint(again), fingerprint(other)]) == [0, 0, 2]


def test_photographs_of_16_bits_are_told_apart_and_are_near_their_8_bits(tmp_path: Path) -> None:
    deep, other = (photograph(seed)[..., 0].astype(np.uint16) * 257 for seed in (1, 2))
    files = (
        save(tmp_path / "a.png", deep),
        save(tmp_path / "b.png", other),
        save(tmp_path / "c.png", photograph(1)[..., 0]),
        save(tmp_path / "d.tif", deep.astype(np.int32)),  # mode I
    )
    assert near_groups([fingerprint(file) for file in files]) == [0, 1, 0, 0]


def test_near_duplicates_stay_on_one_side(empty_run: Run, tmp_path: Path) -> None:
    # Ten pairs: each photograph and its copy, under names that the order would part.
    for k in range(10):
        for copy in ("a", "z"):
            save(empty_run.photographs / f"{copy}/{k}.jpg", photograph(k), quality=95)
            empty_run.add(f"{copy}/{k}.jpg", ("#" * 80,) * 60)
    result = export(Options(empty_run.output, "cvat", tmp_path / "x", shares="0.5/0.5"))
    sides = {}
    for side in ("train", "val"):
        text = (tmp_path / "x" / f"annotations_{side}.xml").read_text()
        sides.update({f"{c}/{k}": side for c in "az" for k in range(10) if f"{c}/{k}.jpg" in text})
    assert len(sides) == 20
    assert all(sides[f"a/{k}"] == sides[f"z/{k}"] for k in range(10))
    near = result.summary["split"]["near_duplicates"]
    assert (near["groups"], near["photographs"], near["largest"]) == (10, 20, 2)
