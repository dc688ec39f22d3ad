"""render: a result as pixels, each kind as its folder holds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.config import RunConfig
from automask.image import render
from automask.image.render import Rendering, objects_overlay, overlay
from automask.records import MaskResult

Pixels = NDArray[np.uint8]

OVERLAY_RED = [255, 40, 90]


def drawn(*rows: str) -> NDArray[np.bool_]:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


IMAGE = np.full((5, 5, 3), 100, np.uint8)
MASK = drawn(".....", ".###.", ".###.", ".###.", ".....")
TRIMAP = np.full((5, 5), 2, np.uint8)
LABELS = np.array([[0, 2, 2, 0, 1]], np.uint16)


def rendering(labels: NDArray[np.uint16] | None = None, **settings: Any) -> Rendering:
    """Of one object in the middle, or of the objects of `labels`."""
    mask = MASK if labels is None else labels > 0
    image = np.full((*mask.shape, 3), 100, np.uint8)
    result = MaskResult(mask, TRIMAP, "ok", 0.9, 0.9, (), {}, labels)
    return Rendering(image, result, RunConfig(input=Path("in"), output=Path("out"), **settings))


def test_a_trimap_is_shown_as_its_labels() -> None:
    assert rendering().pixels("trimap").tolist() == TRIMAP.tolist()


def test_a_mask_is_shown_as_0_and_255() -> None:
    shown = rendering().pixels("mask")
    assert (shown.tolist(), shown.dtype) == ((MASK * 255).tolist(), np.uint8)


def test_an_alpha_matte_has_the_size_of_the_photograph() -> None:
    shown = rendering().pixels("alpha")
    assert (shown.shape, shown.dtype) == ((5, 5), np.uint8)


def test_a_cutout_is_rgb_on_white_and_rgba_on_nothing() -> None:
    assert rendering().pixels("cutout").shape == (5, 5, 3)
    bare = rendering(cutout={"background": "transparent"})
    assert bare.pixels("cutout").shape == (5, 5, 4)
    assert (bare.pixels("cutout")[..., 3] == bare.pixels("alpha")).all()


def test_the_matte_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(_image: Pixels, mask: NDArray[np.bool_], *_: float) -> Pixels:
        made.append(mask)
        return mask.astype(np.uint8) * 255

    monkeypatch.setattr(render, "make_alpha", counted)
    both = rendering()
    both.pixels("alpha")
    both.pixels("cutout")
    assert len(made) == 1
    rendering().pixels("mask")
    assert len(made) == 1  # nor where nobody asks for it


def test_an_overlay_is_a_photograph_of_the_same_size() -> None:
    shown = rendering().pixels("overlay")
    assert (shown.shape, shown.dtype) == ((5, 5, 3), np.uint8)


def test_objects_are_shown_by_their_ids() -> None:
    shown = rendering(LABELS).pixels("objects")
    assert (shown.tolist(), shown.dtype) == (LABELS.tolist(), np.uint16)


def test_one_object_has_no_label_image() -> None:
    with pytest.raises(ValueError, match="there is no 'objects' of one object"):
        rendering().pixels("objects")


def test_the_overlay_of_several_objects_gives_each_its_colour() -> None:
    # All pixels of so small objects are outline; the background of gray 100 keeps 45 %.
    shown = rendering(LABELS).pixels("overlay")
    first, second = shown[0, 4].tolist(), shown[0, 1].tolist()
    assert shown[0].tolist() == [[45] * 3, second, second, [45] * 3, first]
    assert first != second
    assert objects_overlay(IMAGE[:1], LABELS).tolist() == shown.tolist()


def test_an_overlay_dims_the_background_outlines_the_object_and_leaves_its_inside() -> None:
    # Gray 100 keeps 45 % outside; the outline is the 8 outer pixels of the 3 x 3 object.
    dim, line, kept = [45] * 3, OVERLAY_RED, [100] * 3
    assert overlay(IMAGE, MASK).tolist() == [
        [dim, dim, dim, dim, dim],
        [dim, line, line, line, dim],
        [dim, line, kept, line, dim],
        [dim, line, line, line, dim],
        [dim, dim, dim, dim, dim],
    ]


def test_an_overlay_without_object_is_dim_all_over() -> None:
    assert overlay(IMAGE, np.zeros((5, 5), np.bool_)).tolist() == [[[45] * 3] * 5] * 5


def test_an_overlay_leaves_the_photograph_itself_as_it_was() -> None:
    image = IMAGE.copy()
    overlay(image, MASK)
    assert (image == IMAGE).all()
