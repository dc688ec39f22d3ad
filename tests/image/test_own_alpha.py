"""own_alpha: what a photograph's own transparency shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from automask.image.load import load_photograph
from automask.image.own_alpha import Shows, what_alpha_shows


def alpha(rows: slice, columns: slice, level: int = 255) -> NDArray[np.uint8]:
    """40 x 40, opaque in a box."""
    values = np.zeros((40, 40), np.uint8)
    values[rows, columns] = level
    return values


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (alpha(np.s_[10:30], np.s_[10:30]), "object"),
        (alpha(np.s_[10:30], np.s_[0:20]), "object"),  # touches one side
        (alpha(np.s_[10:30], np.s_[:]), "border"),  # from side to side: a letterbox
        (alpha(np.s_[:], np.s_[5:35]), "border"),
        (alpha(np.s_[:], np.s_[:]), "nothing"),
        (alpha(np.s_[:], np.s_[:], 0), "nothing"),
        (alpha(np.s_[:], np.s_[1:]), "nothing"),  # 97.5 %: nearly all of it
        (alpha(np.s_[3:4], np.s_[3:4]), "nothing"),  # a speck
        (alpha(np.s_[10:30], np.s_[10:30], 127), "nothing"),  # rather transparent than not
    ],
)
def test_what_the_opaque_part_is(values: NDArray[np.uint8], expected: Shows) -> None:
    assert what_alpha_shows(values) == expected


def test_a_disc_from_side_to_side_is_an_object() -> None:
    y, x = np.mgrid[:40, :40] - 19.5
    assert what_alpha_shows((np.hypot(x, y) <= 20).astype(np.uint8) * 255) == "object"


WHITE_ON_NOTHING = np.zeros((40, 40, 4), np.uint8)
WHITE_ON_NOTHING[10:30, 10:30] = 255


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp", "a.avif", "a.jp2"])
def test_a_cut_out_object_comes_with_its_alpha(tmp_path: Path, name: str) -> None:
    lossless = {"lossless": True} if name == "a.webp" else {}
    Image.fromarray(WHITE_ON_NOTHING).save(tmp_path / name, **lossless)  # type: ignore[arg-type]
    photograph = load_photograph(tmp_path / name)
    assert photograph.alpha is not None
    assert (photograph.alpha > 127).tolist() == (WHITE_ON_NOTHING[..., 3] > 127).tolist()


def test_a_palette_with_a_transparent_entry_has_an_alpha(tmp_path: Path) -> None:
    image = Image.fromarray(WHITE_ON_NOTHING[..., 3] // 255, "P")
    image.putpalette([0, 0, 0, 255, 255, 255])
    image.save(tmp_path / "a.gif", transparency=0)
    photograph = load_photograph(tmp_path / "a.gif")
    assert photograph.alpha is not None
    assert photograph.alpha[20, 20] == 255 > photograph.alpha[0, 0] == 0


def test_the_alpha_is_turned_with_the_photograph(tmp_path: Path) -> None:
    pixels = np.zeros((20, 40, 4), np.uint8)
    pixels[2:6, 2:10] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter clockwise: the top left becomes the top right
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    shown = load_photograph(tmp_path / "a.png").alpha
    assert shown is not None
    assert shown.shape == (40, 20)
    assert np.argwhere(shown).min(axis=0).tolist() == [2, 14]
    assert np.argwhere(shown).max(axis=0).tolist() == [9, 17]


def test_a_transparent_border_is_void(tmp_path: Path) -> None:
    pixels = np.full((20, 40, 4), 90, np.uint8)
    pixels[..., 3] = 0
    pixels[5:15, :, 3] = 255
    Image.fromarray(pixels).save(tmp_path / "a.png")
    photograph = load_photograph(tmp_path / "a.png")
    assert photograph.alpha is None
    assert photograph.void is not None
    assert photograph.void[:, 0].tolist() == [True] * 5 + [False] * 10 + [True] * 5
    assert photograph.notes == ("transparent border left out",)


def test_an_alpha_of_0_all_over_hides_nothing(tmp_path: Path) -> None:
    pixels = np.full((8, 8, 4), (200, 100, 50, 0), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    photograph = load_photograph(tmp_path / "a.png")
    assert photograph.pixels[4, 4].tolist() == [200, 100, 50]
    assert photograph.alpha is None
