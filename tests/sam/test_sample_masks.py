"""The four sample photographs: each mask against an outline that was traced by hand."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import automask
from automask.image.load import load
from automask.image.metrics import mask_iou
from automask.samples import copy_samples

Mask = NDArray[np.bool_]

pytest.importorskip("skimage", reason="the sample photographs are scikit-image's")

# x, y in px of the photograph: the astronaut with the helmet, the rocket without its tower.
ASTRONAUT = (
    (228, 16), (210, 19), (190, 32), (170, 42), (157, 55), (153, 72), (155, 88), (160, 102),
    (170, 115), (174, 126), (182, 132), (180, 149), (160, 149), (143, 155), (130, 168), (124, 178),
    (116, 186), (113, 196), (114, 206), (100, 216), (85, 232), (68, 247), (58, 258), (48, 275),
    (42, 292), (36, 305), (30, 325), (27, 345), (25, 365), (22, 385), (19, 400), (22, 430),
    (25, 460), (29, 485), (35, 500), (42, 511), (511, 511), (508, 462), (496, 455), (495, 430),
    (488, 405), (475, 380), (455, 360), (430, 349), (408, 344), (385, 346), (365, 352), (358, 345),
    (356, 325), (350, 300), (342, 275), (332, 255), (318, 243), (305, 236), (304, 225), (300, 212),
    (290, 198), (278, 187), (268, 176), (264, 160), (266, 140), (274, 136), (277, 127), (290, 115),
    (300, 95), (301, 82), (298, 68), (290, 50), (275, 32), (255, 20),
)  # fmt: skip
CAT = (
    (42, 0), (35, 30), (32, 60), (30, 85), (24, 108), (0, 122), (0, 299), (345, 299), (355, 285),
    (385, 275), (395, 262), (375, 243), (345, 228), (322, 218), (335, 205), (350, 185), (358, 165),
    (364, 150), (364, 120), (360, 100), (357, 80), (365, 65), (378, 40), (390, 20), (403, 0),
)  # fmt: skip
SPOON = ((397, 70), (410, 66), (423, 72), (424, 80), (412, 120), (400, 115))
ROCKET = (
    (322, 127), (316, 131), (312, 139), (311, 148), (311, 178), (313, 181), (313, 345), (311, 407),
    (331, 407), (331, 181), (333, 177), (333, 146), (331, 138), (327, 131),
)  # fmt: skip


def traced(shape: tuple[int, ...], outline: tuple[tuple[int, int], ...]) -> Mask:
    canvas = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(canvas, [np.array(outline)], 1)
    return canvas > 0


def cup_on_its_saucer(shape: tuple[int, ...]) -> Mask:
    canvas = np.zeros(shape[:2], np.uint8)
    for centre, axes in (((278, 222), (201, 168)), ((290, 113), (118, 95))):
        cv2.ellipse(canvas, centre, axes, 0, 0, 360, 1, cv2.FILLED)
    return (canvas > 0) | traced(shape, SPOON)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    copy_samples(folder)
    return folder


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("astronaut.png", 0.9),
        ("cat.png", 0.9),
        ("coffee_cup.png", 0.9),
        ("rocket.jpg", 0.65),  # its mask has the tower's beams beside it
    ],
)
def test_the_mask_is_of_what_the_photograph_is_of(samples: Path, name: str, least: float) -> None:
    image = load(samples / name)
    outlines = {"astronaut.png": ASTRONAUT, "cat.png": CAT, "rocket.jpg": ROCKET}
    truth = (
        traced(image.shape, outlines[name]) if name in outlines else cup_on_its_saucer(image.shape)
    )
    assert mask_iou(automask.mask_image(image).mask, truth) > least
