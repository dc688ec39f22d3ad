"""The fast generator against segment-anything's own class: where they must agree, and how far."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import automask
from automask.image.metrics import mask_iou
from automask.sam.fast_generator import _extent
from automask.sam.generator import generate

# Nothing is filtered: every mask of every point comes out, and can be compared one by one.
EVERYTHING = {
    "points_per_side": 4, "pred_iou_thresh": 0.0, "stability_score_thresh": 0.0,
    "box_nms_thresh": 1.0,
}  # fmt: skip


def both(
    model: Any, photograph: NDArray[np.uint8], **settings: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Records of `stock` and of `fast` in float32, each ordered by point and score."""

    def ordered(kind: str) -> list[dict[str, Any]]:
        generator = automask.make_generator(model, kind, torch.float32, **settings)
        records = generate(generator, photograph)
        return sorted(records, key=lambda r: (*r["point_coords"][0], r["predicted_iou"]))

    return ordered("stock"), ordered("fast")


def test_without_filters_every_mask_is_the_packages_own(
    model: Any, photograph: NDArray[np.uint8]
) -> None:
    stock, fast = both(model, photograph, **EVERYTHING)
    assert len(stock) == len(fast) > 16
    for theirs, ours in zip(stock, fast, strict=True):
        assert ours["point_coords"] == theirs["point_coords"]
        assert ours["predicted_iou"] == pytest.approx(theirs["predicted_iou"], abs=1e-4)
        assert mask_iou(ours["segmentation"], theirs["segmentation"]) > 0.995
        assert ours["bbox"] == pytest.approx(theirs["bbox"], abs=1)
        assert ours["area"] == ours["segmentation"].sum()
        assert ours["crop_box"] == theirs["crop_box"] == [0, 0, 161, 118]


def test_the_filter_by_predicted_iou_decides_as_the_packages(
    model: Any, photograph: NDArray[np.uint8]
) -> None:
    stock, fast = both(model, photograph, **{**EVERYTHING, "pred_iou_thresh": 0.3})
    points = [[r["point_coords"] for r in records] for records in (stock, fast)]
    assert 0 < len(points[0]) < len(both(model, photograph, **EVERYTHING)[0])
    assert points[0] == points[1]


def test_stability_at_a_quarter_decides_as_at_full_size(
    model: Any, photograph: NDArray[np.uint8]
) -> None:
    stock, fast = both(model, photograph, **EVERYTHING)
    scores = [
        (s["stability_score"], f["stability_score"]) for s, f in zip(stock, fast, strict=True)
    ]
    clear = [(full, quarter) for full, quarter in scores if abs(full - 0.5) > 0.1]
    assert len({full > 0.5 for full, _ in clear}) == 2  # some are stable, some are not
    assert all((full > 0.5) == (quarter > 0.5) for full, quarter in clear)
    assert [q for _, q in scores if q > 0.8] == pytest.approx(
        [full for full, q in scores if q > 0.8], abs=0.05
    )


def test_the_best_mask_is_the_same_with_the_checkpoints_own_settings(
    model: Any, photograph: NDArray[np.uint8]
) -> None:
    stock, fast = (
        max(records, key=lambda r: r["predicted_iou"])
        for records in both(model, photograph, points_per_side=12)
    )
    assert mask_iou(fast["segmentation"], stock["segmentation"]) > 0.99


def test_masks_of_crops_come_back_into_the_photographs_frame(model: Any) -> None:
    rows, columns = np.mgrid[0:400, 0:600]
    image = np.full((400, 600, 3), 190, np.uint8)
    image[(rows - 120) ** 2 + (columns - 150) ** 2 < 60**2] = (240, 120, 20)  # upper left quarter
    crops_too = {"points_per_side": 6, "crop_n_layers": 1, "crop_nms_thresh": 1.0}
    stock, fast = both(model, image, pred_iou_thresh=0.1, **crops_too)
    crops = {tuple(r["crop_box"]) for r in fast}
    assert crops == {(0.0, 0.0, 600.0, 400.0), (0.0, 0.0, 368.0, 268.0)}
    assert crops == {tuple(r["crop_box"]) for r in stock}
    for ours in fast:
        assert ours["segmentation"].shape == (400, 600)
        nearest = max(mask_iou(ours["segmentation"], r["segmentation"]) for r in stock)
        assert nearest > 0.9


@pytest.mark.slow
def test_sam2s_masks_are_its_packages_own(sam2_model: Any, photograph: NDArray[np.uint8]) -> None:
    stock, fast = both(sam2_model, photograph, **{**EVERYTHING, "points_per_side": 2})
    assert len(stock) == len(fast) > 0
    for theirs, ours in zip(stock, fast, strict=True):
        assert ours["point_coords"][0] == pytest.approx(theirs["point_coords"][0])
        assert ours["predicted_iou"] == pytest.approx(theirs["predicted_iou"], abs=1e-4)
        assert mask_iou(ours["segmentation"], theirs["segmentation"]) > 0.99


@pytest.mark.slow
@pytest.mark.parametrize("setting", [{"use_m2m": True}, {"multimask_output": False}])
def test_where_sam2_is_asked_otherwise_its_packages_class_answers(
    sam2_model: Any, setting: dict[str, bool]
) -> None:
    from sam2.automatic_mask_generator import SAM2AutomaticMaskGenerator

    generator = automask.make_generator(sam2_model, "fast", **setting)
    assert type(generator) is SAM2AutomaticMaskGenerator


def test_points_per_batch_changes_nothing(model: Any, photograph: NDArray[np.uint8]) -> None:
    few, many = (
        generate(automask.make_generator(model, points_per_batch=n), photograph) for n in (1, 64)
    )
    assert [r["bbox"] for r in few] == [r["bbox"] for r in many]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([-1, 1, 1, -1], (1.0, 3.0)),  # half way between the centres of cells 0 and 1, 2 and 3
        ([-3, 1, 1, -1], (1.25, 3.0)),  # three quarters of the way
        ([1, 1, 1, 1], (0.0, 4.0)),  # to the edge
        ([-1, -1, 1, -1], (2.0, 3.0)),
        ([-1, -1, -1, -1], (0.0, 0.0)),  # nowhere
    ],
)
def test_extents_lie_between_cells(row: list[float], expected: tuple[float, float]) -> None:
    first, last = _extent(torch.tensor([row], dtype=torch.float32))
    assert (first.item(), last.item()) == pytest.approx(expected)
