"""A student in the way of an image. The network here takes what is bright for the object."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from automask.config import RunConfig
from automask.image.pipeline import mask_image
from automask.image.render import Rendering
from automask.train.files import Calibration, StudentNotes
from automask.train.proposer import UNCALIBRATED, StudentProposer
from automask.train.settings import NetConfig, ViewConfig, Way


class Bright(nn.Module):
    """Logits of 6 where the photograph is white, -6 where it is black."""

    def __init__(self) -> None:
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(1))

    def forward(self, images: Tensor) -> Tensor:
        return images.mean(dim=1, keepdim=True) * 6


class TwoObjects(nn.Module):
    """A Mask R-CNN that sees an object left of the middle, less surely one right of it."""

    def __init__(self) -> None:
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(1))

    def forward(self, images: list[Tensor]) -> list[dict[str, Tensor]]:
        height, width = images[0].shape[1:]
        masks = torch.zeros(2, 1, height, width)
        rows = slice(height // 4, -height // 4)
        masks[0, :, rows, width // 8 : width // 2] = 0.9
        masks[1, :, rows, width // 2 : -width // 8] = 0.9
        return [{"scores": torch.tensor([0.95, 0.6]), "masks": masks}]


def student(is_primary: bool = True, calibration: Calibration | None = None) -> StudentProposer:
    notes = StudentNotes(
        net=NetConfig(), view=ViewConfig(size=64), calibration=calibration or Calibration(images=20)
    )
    return StudentProposer(Bright(), notes, Way(), is_primary)


def detector(is_primary: bool) -> StudentProposer:
    net = NetConfig(arch="maskrcnn", labels="objects")
    notes = StudentNotes(net=net, view=ViewConfig(size=64))
    return StudentProposer(TwoObjects(), notes, Way(), is_primary)


def config(wanted: str = "primary") -> RunConfig:
    return RunConfig.model_validate(
        {"input": Path(), "output": Path(), "objects": {"wanted": wanted, "min_area": 0.001}}
    )


def sky() -> np.ndarray:
    """Bright above row 80 of 120, over the whole width: SAM's choice would call it a backdrop."""
    image = np.zeros((120, 160, 3), np.uint8)
    image[:80] = 255
    return image


def drops() -> np.ndarray:
    image = np.zeros((120, 160, 3), np.uint8)
    image[20:50, 20:50] = 255
    image[70:110, 90:140] = 255
    return image


def test_what_the_student_sees_is_the_object_whatever_it_looks_like() -> None:
    result = mask_image(sky(), student(), config())
    assert result.status == "ok"
    assert result.mask[:79].all()
    assert not result.mask[82:].any()


def test_its_confidence_is_that_of_its_calibration() -> None:
    doubtful = Calibration(slope=0.0, intercept=-1.0, images=20)
    result = mask_image(sky(), student(calibration=doubtful), config())
    assert result.confidence == pytest.approx(0.2689, abs=1e-4)  # 1 / (1 + e)
    assert result.score > 0.95
    assert UNCALIBRATED not in result.flags


def test_a_student_without_calibration_says_so() -> None:
    assert UNCALIBRATED in mask_image(sky(), student(calibration=Calibration()), config()).flags


def test_where_it_sees_nothing_there_is_no_object() -> None:
    result = mask_image(np.zeros((60, 80, 3), np.uint8), student(), config())
    assert (result.status, result.confidence, result.mask.any()) == ("no_object", 0.0, False)


def test_of_all_objects_each_connected_part_is_one() -> None:
    result = mask_image(drops(), student(is_primary=False), config("all"))
    assert result.labels is not None
    assert result.labels.max() == 2
    assert result.labels[35, 35] != result.labels[90, 115]
    assert result.mask.sum() == pytest.approx(30 * 30 + 40 * 50, rel=0.1)


def test_mask_rcnn_finds_objects_that_touch() -> None:
    result = mask_image(sky(), detector(is_primary=False), config("all"))
    assert result.labels is not None
    assert sorted(np.unique(result.labels[60, [50, 110]])) == [1, 2]


def test_mask_rcnns_surest_object_is_the_primary_one() -> None:
    result = mask_image(sky(), detector(is_primary=True), config())
    assert result.mask[60, 25:75].all()
    assert not result.mask[:, 85:].any()
    assert result.confidence == pytest.approx(0.95, abs=1e-6)


def test_probabilities_are_written_in_eight_bits_at_the_photographs_size() -> None:
    result = mask_image(sky(), student(), config())
    pixels = Rendering(sky(), result, config()).pixels("probability")
    assert pixels.shape == (120, 160)
    assert pixels.dtype == np.uint8
    assert pixels[10, 10] == 254  # 255 / (1 + exp(-6))
    assert pixels[110, 10] == 1


def test_its_outline_is_cut_from_the_probabilities_not_from_the_small_mask() -> None:
    found = student().propose(np.zeros((2, 4, 3), np.uint8))
    assert found.proposals[0].cut is not None
    ramp = student()
    ramp.net = Bright()
    image = np.zeros((2, 4, 3), np.uint8)
    image[:] = np.array([0, 85, 170, 255], np.uint8)[None, :, None]
    cut = ramp.propose(image).proposals[0].cut
    assert cut is not None
    assert cut((2, 8)).sum(axis=1).tolist() == [4, 4]
