"""A mask's values, whatever way the file was saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from eval_folders import TRUTH, drawn, save
from PIL import Image

from automask.errors import ImageError
from automask.evaluate.read import read_values

VALUES = np.array([[0, 1], [2, 255]], np.uint8)


def saved(file: Path, image: Image.Image) -> Path:
    image.save(file)
    return file


def test_the_values_of_a_grey_picture_are_its_pixels(tmp_path: Path) -> None:
    values = read_values(save(tmp_path / "a.png", VALUES))
    assert values.dtype == np.uint8
    assert values.tolist() == [[0, 1], [2, 255]]


def test_one_bit_is_0_and_255(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.png", Image.fromarray(drawn(TRUTH)).convert("1"))
    assert np.array_equal(read_values(file), drawn(TRUTH))


def test_three_channels_that_are_alike_are_one(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.png", Image.fromarray(VALUES).convert("RGB"))
    assert np.array_equal(read_values(file), VALUES)


def test_a_palette_of_colours_gives_the_labels_it_colours(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), "P")
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    assert read_values(saved(tmp_path / "a.png", image)).tolist() == [[0, 1], [2, 1]]


def test_a_palette_of_greys_gives_the_greys_in_whatever_order(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    image.putpalette([255, 255, 255, 0, 0, 0])  # 0 is white, 1 is black
    assert read_values(saved(tmp_path / "a.png", image)).tolist() == [[255, 0]]


def test_of_a_cutout_the_alpha_is_the_mask(tmp_path: Path) -> None:
    rgba = np.full((2, 2, 4), 90, np.uint8)
    rgba[..., 3] = [[255, 0], [128, 255]]
    assert read_values(save(tmp_path / "a.png", rgba)).tolist() == [[255, 0], [128, 255]]


def test_an_alpha_that_is_opaque_all_over_says_nothing(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.png", Image.fromarray(VALUES).convert("RGBA"))
    assert np.array_equal(read_values(file), VALUES)


def test_a_photograph_is_no_mask(tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", np.full((2, 2, 3), (200, 30, 30), np.uint8))
    with pytest.raises(ImageError, match=r"'a\.png': has colours.*is this a photograph"):
        read_values(file)


def test_16_bits_are_refused_rather_than_guessed(tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", np.array([[0, 65535]], np.uint16))
    with pytest.raises(ImageError, match=r"'a\.png': has more than 8 bits.*save it with 8"):
        read_values(file)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"'a\.png': not an image"):
        read_values(tmp_path / "a.png")
