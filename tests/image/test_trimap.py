"""trimap: a mask whose edge says that it is not sure.

A mask answers for each pixel: object or not? At the edge that answer is a guess, for a pixel there
shows some of both. A trimap has a third answer for it:

    1  foreground   surely the object
    2  background   surely not
    3  contour      about the edge; a training may ignore it, a matting tool decides there

Below, # is on the mask and . is not; the digits are the trimap that the mask becomes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from automask.image.trimap import BACKGROUND, CONTOUR, FOREGROUND, make_trimap

Mask = NDArray[np.bool_]

PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared/data/seed/trimaps"


def drawn(*rows: str) -> Mask:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def as_drawn(trimap: NDArray[np.uint8]) -> list[str]:
    """The rows of a trimap as digits, so that a failing test shows two drawings."""
    assert trimap.dtype == np.uint8
    return ["".join(str(label) for label in row) for row in trimap]


OBJECT = drawn(
    ".......",
    ".......",
    "..###..",
    "..###..",
    ".......",
    ".......",
)


def test_the_labels_are_1_2_3() -> None:
    assert (FOREGROUND, BACKGROUND, CONTOUR) == (1, 2, 3)


def test_the_contour_is_the_background_next_to_the_object() -> None:
    # One pixel wide unless asked otherwise. The corners stay background: next to the object means
    # to share an edge with it, and a diagonal neighbour shares only a corner.
    assert as_drawn(make_trimap(OBJECT)) == [
        "2222222",
        "2233322",
        "2311132",
        "2311132",
        "2233322",
        "2222222",
    ]


def test_a_diagonal_neighbour_is_not_contour() -> None:
    assert as_drawn(make_trimap(drawn("...", ".#.", "..."), contour_px=1)) == [
        "232",
        "313",
        "232",
    ]


def test_a_contour_of_2_takes_two_steps_and_so_rounds_the_corners() -> None:
    # A diagonal neighbour is two steps away: one across, one down.
    assert as_drawn(make_trimap(OBJECT, contour_px=2)) == [
        "2233322",
        "2333332",
        "3311133",
        "3311133",
        "2333332",
        "2233322",
    ]


def test_without_a_contour_the_trimap_is_the_mask_in_two_labels() -> None:
    assert as_drawn(make_trimap(OBJECT, contour_px=0)) == [
        "2222222",
        "2222222",
        "2211122",
        "2211122",
        "2222222",
        "2222222",
    ]


def test_the_contour_lies_outside_so_a_thin_object_stays_whole() -> None:
    # A band on both sides of the edge would leave nothing of a wire one pixel wide.
    assert as_drawn(make_trimap(drawn("......", ".####.", "......"), contour_px=5)) == [
        "333333",
        "311113",
        "333333",
    ]


def test_a_hole_has_a_contour_inside() -> None:
    mask = drawn(
        "#####",
        "#...#",
        "#...#",
        "#...#",
        "#####",
    )
    assert as_drawn(make_trimap(mask)) == [
        "11111",
        "13331",
        "13231",
        "13331",
        "11111",
    ]


def test_contours_of_two_objects_meet() -> None:
    assert as_drawn(make_trimap(drawn("#....#"), contour_px=2)) == ["133331"]


def test_an_object_at_the_border_has_no_contour_there() -> None:
    # Beyond the frame there is nothing to label, and the contour does not come in at the far side.
    mask = drawn(
        "##...",
        "##...",
        ".....",
    )
    assert as_drawn(make_trimap(mask)) == [
        "11322",
        "11322",
        "33222",
    ]


def test_an_empty_mask_is_all_background() -> None:
    assert as_drawn(make_trimap(drawn("....", "....", "...."))) == ["2222"] * 3


def test_a_full_mask_is_all_foreground() -> None:
    assert as_drawn(make_trimap(drawn("####", "####", "####"))) == ["1111"] * 3


def test_a_single_pixel_is_an_object() -> None:
    assert as_drawn(make_trimap(drawn("#"))) == ["1"]


def test_other_values_stand_for_the_same_three_answers() -> None:
    # What matting tools expect: 255 foreground, 0 background, 128 to be decided.
    trimap = make_trimap(drawn(".....", "..#..", "....."), values=(255, 0, 128))
    assert trimap.tolist() == [
        [0, 0, 128, 0, 0],
        [0, 128, 255, 128, 0],
        [0, 0, 128, 0, 0],
    ]


def test_other_values_hold_for_an_empty_mask() -> None:
    assert make_trimap(drawn(".."), values=(255, 0, 128)).tolist() == [[0, 0]]


def test_a_mask_of_0_and_255_is_taken_for_false_and_true() -> None:
    mask = np.array([[0, 255, 0, 0]], np.uint8)
    assert as_drawn(make_trimap(mask)) == ["3132"]  # type: ignore[arg-type]


def test_the_widest_contour_is_as_wide_as_it_says() -> None:
    # Distances are counted in 8 bits: those above 255 must not start again at 0.
    mask = np.zeros((1, 1200), np.bool_)
    mask[0, 0] = True
    trimap = make_trimap(mask, contour_px=250)
    assert as_drawn(trimap) == ["1" + "3" * 250 + "2" * 949]


def test_the_mask_given_is_left_as_it_was() -> None:
    mask = OBJECT.copy()
    make_trimap(mask)
    assert (mask == OBJECT).all()


@pytest.mark.parametrize("shape", [(4,), (4, 4, 1), (1, 4, 4)])
def test_a_mask_that_is_not_a_plane_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="mask must be H x W"):
        make_trimap(np.ones(shape, np.bool_))


@pytest.mark.parametrize("contour_px", [-1, 251])
def test_a_contour_out_of_range_is_refused(contour_px: int) -> None:
    with pytest.raises(ValueError, match=rf"contour_px must be in 0\.\.250, not {contour_px}"):
        make_trimap(OBJECT, contour_px)


# Two checks against something else than drawings.


def grown(mask: Mask, steps: int) -> Mask:
    """The mask and its 4-neighbours, so many times: slow, and plain to see."""
    for _ in range(steps):
        padded = np.pad(mask, 1)
        mask = mask | padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    return mask


@pytest.mark.parametrize("contour_px", [0, 1, 2, 3, 7])
def test_random_masks_agree_with_growing_step_by_step(contour_px: int) -> None:
    rng = np.random.default_rng(contour_px)
    for _ in range(40):
        height, width = rng.integers(1, 40, 2)
        mask = rng.random((height, width)) < rng.choice([0.003, 0.03, 0.3, 0.97])
        expected = np.where(mask, 1, np.where(grown(mask, contour_px), 3, 2))
        assert np.array_equal(make_trimap(mask, contour_px), expected)


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"no published trimaps at {PUBLISHED}")
def test_published_trimaps_are_rebuilt_exactly_from_their_foreground() -> None:
    files = sorted(PUBLISHED.glob("*.png"))
    differing = []
    for file in files:
        with Image.open(file) as image:
            published = np.asarray(image)
        if not np.array_equal(make_trimap(published == FOREGROUND), published):
            differing.append(file.name)
    assert len(files) == 50
    assert differing == []
