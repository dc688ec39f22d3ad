"""Masks become paths: whole numbers, the longer side a thousand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.records import FAILED, NO_OBJECT
from automask.report.outline import outline, outline_source, outlines, result_file

if TYPE_CHECKING:
    from conftest import RecordMaker


def polygons(path: str) -> list[NDArray[np.int32]]:
    """The corners of each polygon of a path, as a browser would find them."""
    found = []
    for part in path.split("z")[:-1]:
        first, _, steps = part.removeprefix("M").partition("l")
        numbers = [[int(n) for n in re.findall(r"-?\d+", text)] for text in (first, steps)]
        corners = np.array([numbers[0], *np.reshape(numbers[1], (-1, 2))])
        found.append(np.cumsum(corners, axis=0).astype(np.int32))
    return found


def test_a_rectangle_is_four_corners_through_the_middle_of_its_border_pixels() -> None:
    mask = np.zeros((50, 100), bool)
    mask[10:20, 30:60] = True  # rows 10..19, columns 30..59; ten units a pixel
    (corners,) = polygons(outline(mask))
    assert sorted(map(tuple, corners.tolist())) == [(305, 105), (305, 195), (595, 105), (595, 195)]


def test_a_hole_is_a_polygon_of_its_own() -> None:
    mask = np.zeros((100, 100), bool)
    mask[20:80, 20:80] = True
    mask[40:60, 40:60] = False
    assert len(polygons(outline(mask))) == 2


def test_nothing_has_no_path() -> None:
    assert outline(np.zeros((9, 9), bool)) == ""


def test_a_speck_is_drawn_only_where_there_is_nothing_else() -> None:
    speck = np.zeros((1000, 1000), bool)
    speck[500, 500] = True
    assert outline(speck) == "M500 500z"
    speck[100:200, 100:200] = True
    assert len(polygons(outline(speck))) == 1


def test_the_path_covers_what_the_mask_covers() -> None:
    rows, columns = np.mgrid[0:300, 0:400]
    mask = (rows - 150) ** 2 / 2 + (columns - 200) ** 2 < 80**2
    drawn = np.zeros((750, 1000), np.uint8)
    cv2.fillPoly(drawn, polygons(outline(mask)), 1)
    shown = cv2.resize(drawn, (400, 300), interpolation=cv2.INTER_AREA) > 0
    assert (shown & mask).sum() / (shown | mask).sum() > 0.98


def test_the_mask_serves_before_the_trimap(tmp_path: Path, make_record: RecordMaker) -> None:
    record = make_record(output="trimaps/sub/a.png", kinds=("mask", "trimap"))
    assert outline_source(tmp_path, record) == ("mask", "masks/sub/a.png")
    assert outline_source(tmp_path, make_record(kinds=("overlay", "trimap")))[0] == "trimap"  # type: ignore[index]


def test_without_an_object_or_a_mask_there_is_no_outline(
    tmp_path: Path, make_record: RecordMaker
) -> None:
    assert outline_source(tmp_path, make_record(status=NO_OBJECT)) is None
    assert outline_source(tmp_path, make_record(status=FAILED, output=None, kinds=())) is None
    assert (
        outline_source(tmp_path, make_record(output="overlays/a.png", kinds=("overlay",))) is None
    )


def test_a_result_is_found_beside_the_one_that_the_record_names(make_record: RecordMaker) -> None:
    record = make_record(output="masks/a.jpg.png", kinds=("mask", "alpha"))
    assert result_file(record, "alpha") == "alphas/a.jpg.png"
    assert result_file(record, "trimap") is None


def test_each_of_several_objects_has_an_outline_of_its_own_where_it_is() -> None:
    ids = np.zeros((100, 200), np.uint16)
    ids[10:30, 20:40], ids[50:90, 120:180] = 1, 2
    first, second = outlines(ids).split("|")
    assert first == outline(ids == 1)
    assert second == outline(ids == 2)
