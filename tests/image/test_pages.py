"""pages: of a file with several pictures the one that counts, and the record says which."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from automask.image.load import load, load_photograph, load_small

SMALL, LARGE = (75, 50), (150, 100)


def page(size: tuple[int, int], colour: str) -> Image.Image:
    return Image.new("RGB", size, colour)


def save(file: Path, *pages: Image.Image, **options: Any) -> Path:
    pages[0].save(file, save_all=True, append_images=list(pages[1:]), **options)
    return file


@pytest.mark.parametrize("compression", ["raw", "tiff_deflate", "tiff_lzw", "jpeg"])
def test_a_thumbnail_before_the_picture_is_passed_over(tmp_path: Path, compression: str) -> None:
    pages = (page(SMALL, "red"), page(LARGE, "blue"), page(SMALL, "lime"))
    file = save(tmp_path / "a.tif", *pages, compression=compression)
    photograph = load_photograph(file)
    assert photograph.pixels.shape == (100, 150, 3)
    assert photograph.pixels[0, 0, 2] > 250
    assert photograph.notes == ("page 2 of 3, the largest",)


def test_a_pyramid_gives_its_base(tmp_path: Path) -> None:
    file = save(tmp_path / "a.tif", page(LARGE, "blue"), page(SMALL, "red"))
    assert load(file).shape == (100, 150, 3)
    assert load_photograph(file).notes == ("page 1 of 2, the largest",)


def test_of_pages_of_one_size_the_first(tmp_path: Path) -> None:
    file = save(tmp_path / "a.tif", page(SMALL, "red"), page(SMALL, "blue"))
    photograph = load_photograph(file)
    assert photograph.pixels[0, 0].tolist() == [255, 0, 0]
    assert photograph.notes == ("page 1 of 2, the first",)


def test_a_single_page_has_no_note(tmp_path: Path) -> None:
    assert load_photograph(save(tmp_path / "a.tif", page(SMALL, "red"))).notes == ()


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.webp", {"lossless": True}), ("a.gif", {}), ("a.png", {}), ("a.avif", {"quality": 100})],
)
def test_an_animation_gives_its_first_frame_and_says_so(
    tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    frames = [page(SMALL, colour) for colour in ("red", "blue", "lime")]
    photograph = load_photograph(save(tmp_path / name, *frames, **options))
    assert photograph.pixels[0, 0, 0] > 250
    assert photograph.pixels[0, 0, 2] < 5
    assert photograph.notes == ("the first of 3 pictures in the file",)


def test_a_jpeg_with_a_second_picture_gives_its_first(tmp_path: Path) -> None:
    file = save(tmp_path / "a.jpg", page(LARGE, "blue"), page(SMALL, "red"), format="MPO")
    assert load(file).shape == (100, 150, 3)


def test_deep_pages_are_chosen_alike(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        for shape, level in (((5, 7, 3), 100), ((10, 15, 3), 4095)):
            tiff.write(np.full(shape, level, np.uint16), photometric="rgb")
    photograph = load_photograph(tmp_path / "a.tif")
    assert photograph.pixels.shape == (10, 15, 3)
    assert photograph.pixels[0, 0].tolist() == [255, 255, 255]
    assert photograph.notes[0] == "page 2 of 2, the largest"


def test_pages_of_floats_are_chosen_alike(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        for shape in ((5, 7), (10, 15)):
            tiff.write(np.ones(shape, np.float64), photometric="minisblack")
    assert load_photograph(tmp_path / "a.tif").notes == ("page 2 of 2, the largest",)


def test_a_damaged_last_page_does_not_cost_the_first(tmp_path: Path) -> None:
    file = save(tmp_path / "a.tif", page(SMALL, "red"), page(SMALL, "blue"))
    with Image.open(file) as image:
        image.seek(1)
        second = image.tag_v2._offset  # type: ignore[attr-defined]
    file.write_bytes(file.read_bytes()[: second + 1])
    assert load(file)[0, 0].tolist() == [255, 0, 0]


def test_a_small_copy_is_of_the_same_page(tmp_path: Path) -> None:
    file = save(tmp_path / "a.tif", page((4, 4), "red"), page(LARGE, "blue"))
    assert load_small(file, 30).getpixel((0, 0)) == (0, 0, 255)
