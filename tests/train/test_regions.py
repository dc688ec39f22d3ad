"""Where tiles are drawn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from automask.errors import UsageError
from automask.train.regions import draw_corner, found_horizon, parse_regions, refuse_wrong_shares

HEIGHTS = {"a.png": 100}


def picture(horizon: int = 40, height: int = 100, width: int = 60) -> np.ndarray:
    """Bright above the horizon, dark below; a post that is brighter than both stands in it."""
    image = np.full((height, width, 3), 60, np.uint8)
    image[:horizon] = 200
    image[:, 20:24] = 255
    return image


def test_rows_are_px_of_the_photograph_however_large_it_is_shown() -> None:
    regions = parse_regions("rows:25", HEIGHTS)
    half = picture(height=50)
    assert regions.boxes("a.png", half) == [(0, 0, 60, 12), (0, 12, 60, 50)]


def test_rows_may_be_a_share() -> None:
    assert parse_regions("rows:40%", HEIGHTS).boxes("a.png", picture())[0] == (0, 0, 60, 40)


def test_a_horizon_is_the_strongest_horizontal_edge() -> None:
    assert found_horizon(picture(40)) == pytest.approx(0.40, abs=0.02)
    assert found_horizon(picture(70)) == pytest.approx(0.70, abs=0.02)


def test_a_horizon_is_found_in_each_photograph() -> None:
    (above, below) = parse_regions("rows:found", HEIGHTS).boxes("a.png", picture(70))
    assert above[3] == below[1] == pytest.approx(70, abs=2)


def test_a_grid_covers_the_photograph() -> None:
    assert parse_regions("grid:2x3", HEIGHTS).boxes("a.png", picture()) == [
        (0, 0, 30, 33),
        (30, 0, 60, 33),
        (0, 33, 30, 67),
        (30, 33, 60, 67),
        (0, 67, 30, 100),
        (30, 67, 60, 100),
    ]


def test_a_file_says_the_row_of_each_photograph(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("image,row\na.png,30\n")
    assert parse_regions(str(file), HEIGHTS).boxes("a.png", picture())[1] == (0, 30, 60, 100)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sky", "--regions is rows:200"),
        ("grid:0x2", "--regions is rows:200"),
        ("rows:100", "the horizon of 'a.png' at row 100 lies outside its 100 rows"),
        ("rows:100%", "must lie inside"),
    ],
)
def test_what_makes_no_regions_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_regions(text, HEIGHTS)


def test_a_file_that_forgets_a_photograph_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("image,row\nb.png,30\n")
    with pytest.raises(UsageError, match=r"rows.csv says nothing of 'a.png'"):
        parse_regions(str(file), HEIGHTS)


def test_tiles_come_from_the_regions_in_their_shares() -> None:
    boxes = [(0, 0, 60, 20), (0, 20, 60, 100)]
    rng = np.random.default_rng(0)
    corners = [draw_corner(rng, picture(), 16, boxes, (0.75, 0.25)) for _ in range(400)]
    above = sum(y + 8 < 20 for _, y in corners)
    assert 270 < above < 330  # 300 of 400 are expected


def test_a_tile_lies_inside_the_photograph() -> None:
    rng = np.random.default_rng(0)
    corners = [draw_corner(rng, picture(), 32, [(0, 0, 60, 100)], ()) for _ in range(100)]
    assert all(0 <= x <= 28 and 0 <= y <= 68 for x, y in corners)


def test_shares_are_as_many_as_regions() -> None:
    with pytest.raises(UsageError, match="names 3 shares, and --regions makes 2"):
        refuse_wrong_shares((0.2, 0.3, 0.5), 2)
