"""The worst side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from eval_folders import MOVED, TRUTH, masked, save

from automask.evaluate.conventions import Labels
from automask.evaluate.evaluation import Options, evaluate
from automask.evaluate.worst import (
    MISSED,
    TOO_MUCH,
    Strip,
    caption,
    difference,
    draw,
    mask_tiles,
    worst_strips,
)
from automask.show.tiles import BOTH, IGNORED, NEITHER, TILE

RED = (200, 30, 30)


def strips_of(predicted: Path, truth: Path, **options: Any) -> list[Strip]:
    return worst_strips(evaluate(Options(predicted, truth, **options)))


def test_the_difference_has_a_colour_for_each_kind_of_pixel() -> None:
    predicted = Labels(np.array([[True, True, False, False, False]]))
    truth = Labels(
        np.array([[True, False, True, False, False]]),
        ignored=np.array([[False, False, False, False, True]]),
    )
    assert [tuple(pixel) for pixel in difference(predicted, truth)[0]] == [
        BOTH,
        TOO_MUCH,
        MISSED,
        NEITHER,
        IGNORED,
    ]


def test_a_prediction_is_shown_with_its_levels() -> None:
    scores = np.full((4, 6), 77, np.uint8)
    tiles = dict(mask_tiles(Labels(masked(MOVED), scores=scores), Labels(masked(TRUTH))))
    assert (tiles["prediction"] == 77).all()
    assert set(np.unique(tiles["truth"])) == {0, 255}


def test_the_lowest_iou_comes_first(predicted: Path, truth: Path) -> None:
    strips = strips_of(predicted, truth)
    assert [strip.figures.image for strip in strips] == ["b_1.png", "a_2.png", "a_1.png"]
    assert [name for name, _ in strips[0].tiles] == ["truth", "prediction", "difference"]


def test_there_are_no_more_than_asked_for(predicted: Path, truth: Path) -> None:
    report = evaluate(Options(predicted, truth))
    assert [strip.figures.image for strip in worst_strips(report, 1)] == ["b_1.png"]


def test_a_photograph_is_shown_before_the_masks(
    tmp_path: Path, predicted: Path, truth: Path
) -> None:
    save(tmp_path / "photos" / "b_1.jpg", np.full((40, 60, 3), RED, np.uint8))
    first, second, _ = strips_of(predicted, truth, images=tmp_path / "photos")
    name, photograph = first.tiles[0]
    assert name == "photograph"
    assert np.abs(photograph.astype(int) - RED).max() <= 3  # JPEG
    assert (second.tiles[0][1] == IGNORED).all()  # there is none of a_2: grey


def test_a_photograph_that_cannot_be_read_is_grey(
    tmp_path: Path, predicted: Path, truth: Path
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "b_1.jpg").write_bytes(b"no picture")
    strips = strips_of(predicted, truth, images=tmp_path / "photos")
    assert (strips[0].tiles[0][1] == IGNORED).all()


def test_tiles_are_of_one_size_whatever_the_masks(predicted: Path, truth: Path) -> None:
    # 4 x 6 pixels become 133 x 200.
    for strip in strips_of(predicted, truth):
        assert {tile.shape for _, tile in strip.tiles} == {(round(TILE * 4 / 6), TILE, 3)}


def test_a_missing_prediction_is_among_the_worst_and_says_so(predicted: Path, truth: Path) -> None:
    (predicted / "b_1.png").unlink()
    assert caption(strips_of(predicted, truth)[0]) == "0.000 (missing),  b_1.png"


def test_a_caption_has_confidence_and_flags_where_there_are_any(output: Path, truth: Path) -> None:
    assert caption(strips_of(output, truth)[0]) == "0.000,  b_1.png,  confidence 0.20 tiny"


@pytest.mark.parametrize("name", ["b_\u4e00", "b_\n1", "b_\udcff"])
def test_a_caption_is_plain_ascii(tmp_path: Path, name: str) -> None:
    for root in ("true", "predicted"):
        save(tmp_path / root / f"{name}.png", masked(TRUTH).astype(np.uint8))
    (strip,) = strips_of(tmp_path / "predicted", tmp_path / "true")
    words = caption(strip)
    assert words.isascii()
    assert words.isprintable()
    assert "b_\\" in words


def test_the_picture_holds_every_strip(predicted: Path, truth: Path) -> None:
    strips = strips_of(predicted, truth)
    one, three = draw(strips[:1]), draw(strips)
    assert three.width > 1.8 * one.width  # two columns
    assert three.height > one.height + 133  # two rows of tiles 133 px high


def test_a_name_too_long_for_its_column_is_cut(tmp_path: Path) -> None:
    name = "n" * 200
    for root in ("true", "predicted"):
        save(tmp_path / root / f"{name}.png", masked(TRUTH).astype(np.uint8))
    strips = strips_of(tmp_path / "predicted", tmp_path / "true")
    picture = np.asarray(draw(strips))
    assert (picture[:, -8:] == 255).all()  # nothing runs into the margin
