"""A result by itself: as a run wrote it, and as other programs save what a person has mended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from eval_folders import TRIMAP, TRUTH, drawn, masked, save
from PIL import Image

from automask.errors import ImageError
from automask.evaluate.conventions import Convention
from automask.evaluate.results import read_ids, read_labels, read_mask

ORIGINALS = {
    "mask": drawn(TRUTH),
    "alpha": drawn(TRUTH, foreground=200, background=100),
    "trimap": drawn(TRUTH, 7, 2, 3),
    "objects": drawn(TRUTH, foreground=1).astype(np.uint16) * 300,
}


@pytest.mark.parametrize("kind", ORIGINALS)
def test_each_kind_says_what_is_the_object(tmp_path: Path, kind: str) -> None:
    file = save(tmp_path / "a.png", ORIGINALS[kind])
    np.testing.assert_array_equal(read_mask(file, kind, Convention(7, 2, 3)), masked(TRUTH))


SAVED_AGAIN: dict[str, Callable[[Image.Image], Image.Image]] = {
    "RGB": lambda image: image.convert("RGB"),
    "RGBA": lambda image: image.convert("RGBA"),
    "palette": lambda image: image.convert("P"),
    "two colours": lambda image: image.convert("RGB").quantize(2),
    "one bit": lambda image: image.convert("1"),
    "0 and 1": lambda image: image.point(lambda value: value // 255),
}


@pytest.mark.parametrize("way", SAVED_AGAIN)
def test_a_mask_is_read_whatever_way_an_editor_saved_it(tmp_path: Path, way: str) -> None:
    SAVED_AGAIN[way](Image.fromarray(drawn(TRUTH))).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png", "mask", None), masked(TRUTH))


def test_the_labels_of_a_trimap_are_told_where_nothing_names_them(tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", drawn(TRIMAP, 1, 2, 3))
    np.testing.assert_array_equal(read_mask(file, "trimap", None), drawn(TRIMAP) == 255)


def test_a_contour_can_be_left_out_of_account(tmp_path: Path) -> None:
    found = read_labels(save(tmp_path / "a.png", drawn(TRIMAP, 1, 2, 3)), None, "ignore")
    assert found.ignored is not None
    np.testing.assert_array_equal(found.ignored, drawn(TRIMAP) == 128)


def test_values_that_fit_nothing_are_told_with_the_remedy(tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", drawn(TRUTH, 7, 9))
    with pytest.raises(ImageError, match=r"'a\.png' has the values 7, 9: what do they mean\? Save"):
        read_labels(file, None)
    with pytest.raises(ImageError, match="or say it with --values FOREGROUND"):
        read_labels(file, None, option="--values")


def test_values_that_the_convention_does_not_have_are_told(tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", drawn(TRUTH))
    with pytest.raises(
        ImageError, match="has the values 0, 255, and should have 1 foreground, 2 b"
    ):
        read_mask(file, "trimap", Convention(1, 2, 3))


@pytest.mark.parametrize("pixels", [np.eye(3, dtype=np.uint8), np.eye(3, dtype=np.uint16)])
def test_ids_have_8_or_16_bits(tmp_path: Path, pixels: np.ndarray) -> None:
    np.testing.assert_array_equal(read_ids(save(tmp_path / "a.png", pixels * 9)), pixels * 9)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_ids_in_colours_are_refused_by_name(tmp_path: Path, mode: str) -> None:
    Image.fromarray(drawn(TRUTH, foreground=1)).convert(mode).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match=rf"'a\.png': has no ids of objects \(mode {mode}\); save"):
        read_ids(tmp_path / "a.png")


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    for kind in ("mask", "objects"):
        with pytest.raises(ImageError, match="is empty"):
            read_mask(tmp_path / "a.png", kind, None)
