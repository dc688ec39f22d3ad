"""evidence: what can be said of each proposal, number by number.

Masks are drawn: # is on the mask, . is not. All are small enough to be their own grid, unless a
test is about larger ones.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.image.evidence import FEATURES, NAMES, evidence, stack
from automask.records import Proposal, Scene

Mask = NDArray[np.bool_]


def drawn(*rows: str) -> Mask:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def box(shape: tuple[int, int], top: int, left: int, bottom: int, right: int) -> Mask:
    mask = np.zeros(shape, np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def proposal(mask: Mask, predicted_iou: float = 0.9, stability: float = 0.95) -> Proposal:
    return Proposal(mask, predicted_iou, stability)


def told(name: str, *proposals: Proposal | Mask, scene: Scene | None = None) -> list[float]:
    """One feature of some proposals."""
    given = [p if isinstance(p, Proposal) else proposal(p) for p in proposals]
    return evidence(given, scene or Scene())[:, NAMES.index(name)].tolist()


CENTRED = box((8, 8), 2, 2, 6, 6)
# An object that the frame cuts off below.
CUT_OFF = drawn(
    "........",
    "........",
    "........",
    "........",
    "...##...",
    "...##...",
    "..####..",
    "..####..",
)
CORNER = box((8, 8), 0, 0, 3, 3)
# The wall behind an object that stands on a table.
WALL = drawn(
    "########",
    "########",
    "##....##",
    "##....##",
    "##....##",
    "........",
    "........",
    "........",
)
BACKDROP = ~CENTRED
RING = box((8, 8), 0, 0, 8, 8) & ~box((8, 8), 1, 1, 7, 7)


# The table: a row for each proposal, a column for each name.


def test_the_columns_are_the_features_in_the_order_of_their_names() -> None:
    proposals = [proposal(CENTRED, 0.7, 0.6), proposal(WALL), proposal(CORNER)]
    scene = Scene(np.arange(192, dtype=np.uint8).reshape(8, 8, 3), CENTRED.astype(np.float32))
    table = evidence(proposals, scene)
    assert table.shape == (3, len(NAMES))
    assert [feature.__name__ for feature in FEATURES] == list(NAMES)
    for feature, column in zip(FEATURES, table.T, strict=True):
        np.testing.assert_array_equal(feature(stack(proposals, scene)), column)


def test_the_first_column_is_what_argmax_goes_by() -> None:
    assert NAMES[0] == "predicted_iou"


def test_no_proposals_give_a_table_without_rows() -> None:
    assert evidence([], Scene()).shape == (0, len(NAMES))


def unknown(scene: Scene) -> set[str]:
    row = evidence([proposal(CENTRED)], scene)[0]
    return {name for name, value in zip(NAMES, row, strict=True) if np.isnan(value)}


IMAGE = np.zeros((8, 8, 3), np.uint8)
SALIENCY = np.zeros((8, 8), np.float32)
OF_COLOUR = {"colour_contrast", "texture_contrast", "edge_agreement"}
OF_SALIENCY = {"saliency_iou", "saliency_left", "saliency_inside"}


@pytest.mark.parametrize(
    ("scene", "names"),
    [
        (Scene(), OF_COLOUR | OF_SALIENCY),
        (Scene(image=IMAGE), OF_SALIENCY),
        (Scene(saliency=SALIENCY), OF_COLOUR),
        (Scene(IMAGE, SALIENCY), set()),
    ],
    ids=["nothing", "the image", "the saliency", "both"],
)
def test_what_the_scene_does_not_tell_is_nan(scene: Scene, names: set[str]) -> None:
    assert unknown(scene) == names


def test_the_masks_are_left_as_they_were() -> None:
    mask = CENTRED.copy()
    evidence([proposal(mask)], Scene(IMAGE, SALIENCY))
    assert (mask == CENTRED).all()


# What the model says.


def test_estimates_are_taken_as_they_are_and_cut_off_outside_0_to_1() -> None:
    proposals = [proposal(CENTRED, 1.02, 0.6), proposal(CORNER, 0.5, -0.1)]
    assert told("predicted_iou", *proposals) == pytest.approx([1, 0.5])
    assert told("stability", *proposals) == pytest.approx([0.6, 0])


def test_the_lead_is_what_is_missing_to_the_highest_predicted_iou() -> None:
    proposals = [proposal(CENTRED, 0.7), proposal(CORNER, 0.9), proposal(WALL, 0.5)]
    assert told("predicted_iou_lead", *proposals) == pytest.approx([-0.2, 0, -0.4])


# Where the mask lies.


@pytest.mark.parametrize(
    ("mask", "area", "border", "sides", "third"),
    [
        (CENTRED, 16 / 64, 0, 0, 0),
        (CUT_OFF, 12 / 64, 4 / 32, 1, 0),
        (CORNER, 9 / 64, 6 / 32, 2, 0),  # 3 px of the top and 3 of the left
        (WALL, 28 / 64, 18 / 32, 3, 5 / 8),  # 8 of the top, 5 of the left and of the right
        (BACKDROP, 48 / 64, 1, 4, 1),
    ],
    ids=["inside", "cut off below", "in a corner", "a wall", "a backdrop"],
)
def test_a_cut_off_object_has_a_little_of_one_side_and_a_backdrop_much_of_four(
    mask: Mask, area: float, border: float, sides: int, third: float
) -> None:
    assert told("area", mask) == [area]
    assert told("border", mask) == [border]
    assert told("border_sides", mask) == [sides]
    assert told("border_third", mask) == [third]


def test_a_longer_side_has_more_of_the_border() -> None:
    # 8 px of the top, and the corners once more as 1 px of the left and 1 of the right: 10 of 24.
    assert told("border", box((4, 8), 0, 0, 1, 8)) == pytest.approx([10 / 24])


@pytest.mark.parametrize(
    ("mask", "centrality"),
    [
        (CENTRED, 1),
        (drawn(".....", ".....", ".#...", ".....", "....."), 0.64645),  # 1 - 0.25 / hypot(.5, .5)
        (drawn("....#", ".....", "....."), 0),
        # At -0.5, -0.25 and 0.5, in the mean at -1/12: 1 - 0.08333 / 0.70711.
        (drawn(".....", "##..#", "....."), 0.88215),
    ],
    ids=["the middle", "halfway to the side", "a corner", "a mean of three"],
)
def test_centrality_falls_with_the_way_from_the_middle(mask: Mask, centrality: float) -> None:
    assert told("centrality", mask) == pytest.approx([centrality], abs=1e-5)


# Its shape.


@pytest.mark.parametrize(
    ("mask", "compactness"),
    [
        (CENTRED, 1),  # 4 pi 16 / 12^2 is more
        (RING, 0.44880),  # all of its 28 px are outline: 4 pi 28 / 28^2
        (box((12, 12), 1, 1, 11, 11) & ~box((12, 12), 3, 3, 9, 9), 0.19635),  # 4 pi / 64
        (np.zeros((8, 8), np.bool_), 0),
    ],
    ids=["a square", "a frame", "a frame 2 px wide", "nothing"],
)
def test_compactness_is_little_for_a_frame(mask: Mask, compactness: float) -> None:
    assert told("compactness", mask) == pytest.approx([compactness], abs=1e-5)


def test_where_the_frame_cuts_a_mask_off_it_has_no_outline() -> None:
    # Three rows of 32 at the top, only the third is beside background: min(1, 4 pi 96 / 32^2).
    assert told("compactness", box((32, 32), 0, 0, 3, 32)) == [1]
    # The same three rows inside the image have 2 x 32 px of outline: 4 pi 96 / 64^2.
    assert told("compactness", box((32, 32), 9, 0, 12, 32)) == pytest.approx([0.29452], abs=1e-5)


# Its colours: a photograph, white on the left and black on the right. L is 100 and 0.

HALVES = np.zeros((8, 8, 3), np.uint8)
HALVES[:, :4] = 255


@pytest.mark.parametrize(
    ("columns", "contrast"),
    [
        ((0, 4), 1),  # white inside, black in the two columns beside it
        ((0, 2), 0),  # white on both sides
        ((0, 3), 0.5),  # white inside, one column of each beside it
        ((0, 6), 4 / 6),  # four white columns of six inside, black outside
        ((2, 6), 0),  # half of both, inside and outside
    ],
)
def test_colour_contrast_is_between_inside_and_a_band_of_two_pixels(
    columns: tuple[int, int], contrast: float
) -> None:
    mask = box((8, 8), 0, columns[0], 8, columns[1])
    assert told("colour_contrast", mask, scene=Scene(HALVES)) == pytest.approx([contrast], abs=1e-4)


CHEQUERED = np.zeros((8, 8, 3), np.uint8)
CHEQUERED[::2, ::2] = CHEQUERED[1::2, 1::2] = 255


@pytest.mark.parametrize("chequered", [CENTRED, ~CENTRED], ids=["inside", "outside"])
def test_texture_contrast_is_the_difference_of_deviations(chequered: Mask) -> None:
    # A chequerboard of L 0 and 100 deviates by 50 from its mean, what is black by nothing.
    scene = Scene(CHEQUERED * chequered[..., None])
    assert told("texture_contrast", CENTRED, scene=scene) == pytest.approx([0.5], abs=1e-4)


def test_edge_agreement_is_the_gradient_on_the_outline_over_that_of_the_image() -> None:
    # The colours change on columns 3 and 4 alone, 2 of 8: 4 times the image's mean.
    on_the_edge, beside_it = box((8, 8), 0, 0, 8, 4), box((8, 8), 0, 0, 8, 2)
    agreement = told("edge_agreement", on_the_edge, beside_it, scene=Scene(HALVES))
    assert agreement == pytest.approx([4, 0], abs=1e-4)


def test_without_any_edge_in_the_image_no_outline_agrees() -> None:
    assert told("edge_agreement", CENTRED, scene=Scene(IMAGE)) == [0]


# What the saliency map says of it.

# A mask of 4 px over 3 of saliency; 1 more lies outside.
MAP = np.array([[1, 1, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 0.25, 0.25], [0, 0, 0.25, 0.25]], np.float32)
TOP_LEFT = box((4, 4), 0, 0, 2, 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("saliency_iou", 3 / (4 + 4 - 3)),
        ("saliency_left", 1 / 4),
        ("saliency_inside", 3 / 4),
    ],
)
def test_saliency_inside_and_outside_of_a_mask(name: str, value: float) -> None:
    assert told(name, TOP_LEFT, scene=Scene(saliency=MAP)) == pytest.approx([value])


def test_a_map_without_saliency_speaks_for_no_mask() -> None:
    scene = Scene(saliency=np.zeros((4, 4), np.float32))
    assert told("saliency_iou", TOP_LEFT, scene=scene) == [0]
    assert told("saliency_left", TOP_LEFT, scene=scene) == [1]


@pytest.mark.parametrize("times", [2, 3])
def test_image_and_map_may_be_larger_than_the_masks(times: int) -> None:
    larger = np.kron(MAP, np.ones((times, times), np.float32))
    assert told("saliency_iou", TOP_LEFT, scene=Scene(saliency=larger)) == pytest.approx([0.6])


# The grid.


def disc(height: int, width: int) -> Mask:
    y, x = (np.arange(n) + 0.5 for n in (height, width))
    return np.hypot(y[:, None] / height - 0.45, x[None] / width - 0.6) < 0.3


def test_the_grid_keeps_the_photograph_s_proportions() -> None:
    assert stack([proposal(disc(300, 400))], Scene()).masks.shape == (1, 24, 32)


def test_a_large_mask_gives_nearly_the_numbers_of_a_small_one() -> None:
    tables = [
        evidence([proposal(disc(h, w)), proposal(~disc(h, w))], Scene(saliency=MAP))
        for h, w in ((24, 32), (187, 250), (768, 1024))
    ]
    np.testing.assert_allclose(tables[1], tables[0], atol=0.04)
    np.testing.assert_allclose(tables[2], tables[0], atol=0.04)


@pytest.mark.parametrize("other", [~CENTRED, WALL, CENTRED[::-1]])
def test_what_is_said_of_shape_and_colour_does_not_depend_on_the_other_proposals(
    other: Mask,
) -> None:
    first = NAMES.index("parts")
    scene = Scene(HALVES)
    together = evidence([proposal(other), proposal(CUT_OFF), proposal(other)], scene)[1, :first]
    alone = evidence([proposal(CUT_OFF)], scene)[0, :first]
    np.testing.assert_allclose(together, alone, atol=1e-6)
