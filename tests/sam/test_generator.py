"""Which generator is made, the form of its records, and wrong settings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from segment_anything import SamAutomaticMaskGenerator

import automask
from automask.errors import ConfigError
from automask.sam.checkpoints import BY_NAME
from automask.sam.fast_generator import FastMaskGenerator
from automask.sam.generator import Float32Coords, check_settings, generate

FEW_POINTS = {"points_per_side": 4}
RECORD_KEYS = {
    "segmentation", "area", "bbox", "predicted_iou", "point_coords", "stability_score", "crop_box",
}  # fmt: skip


@pytest.fixture(scope="module")
def photograph() -> NDArray[np.uint8]:
    """An orange disc on a graded backdrop, 120 x 160."""
    rows, columns = np.mgrid[0:120, 0:160]
    image = np.stack([150 + rows // 4] * 3, axis=2).astype(np.uint8)
    image[(rows - 60) ** 2 + (columns - 80) ** 2 < 35**2] = (240, 120, 20)
    return image


def test_stock_is_the_packages_class_untouched(model: Any) -> None:
    assert type(automask.make_generator(model, "stock")) is SamAutomaticMaskGenerator


def test_fast_is_a_class_of_its_own(model: Any) -> None:
    assert type(automask.make_generator(model)) is FastMaskGenerator


@pytest.mark.parametrize("kind", ["stock", "fast"])
def test_records_have_sams_own_form(model: Any, photograph: NDArray[np.uint8], kind: str) -> None:
    record = generate(automask.make_generator(model, kind, **FEW_POINTS), photograph)[0]
    assert set(record) == RECORD_KEYS
    assert record["segmentation"].shape == (120, 160)
    assert record["area"] == record["segmentation"].sum()


def test_the_checkpoints_own_settings_are_the_defaults(model: Any) -> None:
    generator = automask.make_generator(model)
    assert generator.pred_iou_thresh == model.generator_defaults["pred_iou_thresh"]


def test_given_settings_win(model: Any) -> None:
    assert automask.make_generator(model, pred_iou_thresh=0.1).pred_iou_thresh == 0.1


def test_an_unknown_setting_is_named_with_the_known_ones(model: Any) -> None:
    with pytest.raises(ConfigError, match=r"no setting points_per_size; it has .*points_per_side"):
        automask.make_generator(model, points_per_size=8)


def test_an_unknown_kind_is_refused(model: Any) -> None:
    with pytest.raises(ConfigError, match="fast, stock"):
        automask.make_generator(model, "slow")


def test_settings_that_contradict_each_other_are_a_config_error(model: Any) -> None:
    with pytest.raises(ConfigError, match="refuses its settings"):
        automask.make_generator(model, points_per_side=None)


def test_an_image_in_which_nothing_survives_gives_an_empty_list(
    model: Any, photograph: NDArray[np.uint8]
) -> None:
    assert (
        generate(automask.make_generator(model, pred_iou_thresh=2.0, **FEW_POINTS), photograph)
        == []
    )


def test_apple_gpus_get_the_same_points_in_a_type_that_they_have() -> None:
    points = np.array([[10.0, 20.0], [75.5, 3.25]])
    ours = Float32Coords(320).apply_coords(points, (50, 100))
    assert ours.dtype == np.float32
    assert ours == pytest.approx(points * 3.2)  # 320 px over the longest side of 100


def test_points_of_ones_own_take_the_place_of_the_checkpoints_grid(
    model: Any, photograph: NDArray[np.uint8]
) -> None:
    middle = [[[0.5, 0.5]]]  # one layer, one point, x and y in 0..1, as a TOML file would hold it
    generator = automask.make_generator(model, point_grids=middle)
    records = generate(generator, photograph)
    assert {tuple(r["point_coords"][0]) for r in records} == {(80.0, 60.0)}


@pytest.mark.parametrize("name", ["tiny", "vit_b", "sam2_hiera_tiny"])
def test_settings_are_checked_without_any_weights(name: str) -> None:
    check_settings(BY_NAME[name], {"points_per_side": 8})
    with pytest.raises(ConfigError, match="no setting point_per_side"):
        check_settings(BY_NAME[name], {"point_per_side": 8})
