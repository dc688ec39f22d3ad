"""propose: what a run's generator and points come to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from automask.config import RunConfig
from automask.image.metrics import mask_iou
from automask.image.sizes import at_size
from automask.proposer import make_proposer
from automask.records import Proposal
from automask.sam.propose import ModelProposer
from automask.sam.weights import locate

POINTS_ON_A_SIDE = 10


def proposer(model: Any, settings: dict[str, Any] | None = None, **changes: Any) -> ModelProposer:
    asked = {"points_per_side": POINTS_ON_A_SIDE, **(settings or {})}
    config = RunConfig(input=Path("in"), output=Path("out"), propose={"settings": asked}, **changes)
    return make_proposer(model, locate("tiny"), config)


def best(proposals: Sequence[Proposal]) -> Proposal:
    return max(proposals, key=lambda p: p.predicted_iou)


def asked_points(proposer: ModelProposer, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many points each call of the generator asked."""
    counts: list[int] = []
    ask = proposer.generator.candidates

    def counted(side: Any, points: NDArray[np.floating], boxes: Any = None) -> Any:
        counts.append(len(points))
        return ask(side, points, boxes)

    monkeypatch.setattr(proposer.generator, "candidates", counted)
    return counts


def test_few_points_find_the_object_that_all_points_find(
    model: Any, photograph: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    few, full = proposer(model, points="few"), proposer(model, points="full")
    asked_few, asked_full = asked_points(few, monkeypatch), asked_points(full, monkeypatch)
    found_few, found_full = few.propose(photograph).proposals, full.propose(photograph).proposals
    assert asked_full == [POINTS_ON_A_SIDE**2]
    assert len(asked_few) > 1
    assert sum(asked_few) < POINTS_ON_A_SIDE**2
    assert mask_iou(best(found_few).mask, best(found_full).mask) > 0.95


@pytest.mark.parametrize("points", ["guided", "few", "full"])
def test_what_the_saliency_map_shows_is_the_last_proposal(
    model: Any, photograph: NDArray[np.uint8], points: str
) -> None:
    found = proposer(model, points=points).propose(photograph)
    salient = found.proposals[-1]
    assert salient.point is None  # nobody asked for it
    assert found.scene.saliency is not None
    assert np.array_equal(salient.mask, found.scene.saliency > 0.5)
    assert salient.cut is not None
    assert salient.cut((118, 161)).shape == (118, 161)


def test_guided_prompts_find_that_object_with_a_tenth_of_the_points(
    model: Any, photograph: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_map, full = proposer(model, points="guided"), proposer(model, points="full")
    asked = asked_points(by_map, monkeypatch)
    found, found_full = by_map.propose(photograph).proposals, full.propose(photograph).proposals
    assert len(asked) == 1  # and so it was clear
    assert sum(asked) < POINTS_ON_A_SIDE**2 / 10
    assert mask_iou(best(found).mask, best(found_full).mask) > 0.95


@pytest.mark.parametrize(
    "changes", [{"choose": {"clear_confidence": 1.0}}, {"choose": {"saliency": False}}]
)
def test_where_the_map_is_not_clear_or_not_asked_for_few_points_find_what_they_find(
    model: Any, photograph: NDArray[np.uint8], changes: dict[str, Any]
) -> None:
    by_map = proposer(model, points="guided", **changes).propose(photograph).proposals
    few = proposer(model, points="few", **changes).propose(photograph).proposals
    assert len(by_map) == len(few)
    assert all((a.mask == b.mask).all() for a, b in zip(by_map, few, strict=True))


@pytest.mark.parametrize(
    "without", [{"objects": {"wanted": "all"}}, {"choose": {"saliency": False}}]
)
def test_for_several_objects_or_without_the_map_there_is_none(
    model: Any, photograph: NDArray[np.uint8], without: dict[str, Any]
) -> None:
    found = proposer(model, points="full", **without).propose(photograph)
    assert all(p.point is not None for p in found.proposals)


def test_for_several_objects_all_points_are_asked(
    model: Any, photograph: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few points are placed where the primary object may be, and step over the others."""
    several = proposer(model, objects={"wanted": "all"}, points="full")
    asked = asked_points(several, monkeypatch)
    several.propose(photograph)
    assert asked == [POINTS_ON_A_SIDE**2]


def test_tiny_is_asked_for_several_objects_by_boxes(
    model: Any, photograph: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    several = proposer(model, objects={"wanted": "all"})
    asked = asked_points(several, monkeypatch)
    proposals = several.propose(photograph).proposals
    assert asked == []
    rows, columns = np.mgrid[0:118, 0:161]
    disc = (rows - 60) ** 2 + (columns - 80) ** 2 < 35**2
    assert max(mask_iou(at_size(p, (118, 161)), disc) for p in proposals) > 0.9


@pytest.mark.parametrize("settings", [{"crop_n_layers": 1}, {"min_mask_region_area": 50}])
def test_settings_that_need_more_than_a_look_get_the_generators_records(
    model: Any, photograph: NDArray[np.uint8], settings: dict[str, int]
) -> None:
    proposals = proposer(model, settings).propose(photograph).proposals
    assert {p.mask.shape for p in proposals} == {photograph.shape[:2]}


def test_stock_gives_masks_at_the_images_size(model: Any, photograph: NDArray[np.uint8]) -> None:
    found = proposer(model, generator="stock").propose(photograph)
    proposals, seconds = found.proposals, found.seconds
    assert {p.mask.shape for p in proposals} == {photograph.shape[:2]}
    assert seconds["encode"] > 0


def test_the_fast_encoders_time_is_told_apart(model: Any, photograph: NDArray[np.uint8]) -> None:
    seconds = proposer(model).propose(photograph).seconds
    assert seconds["encode"] > 0
    assert seconds["decode"] > 0


@pytest.mark.parametrize(
    ("precision", "native", "expected"),
    [
        ("auto", True, "bfloat16"),
        ("auto", False, "float32"),  # without the instructions bfloat16 is slower
        ("float32", True, "float32"),
    ],
)
def test_what_is_computed_in_is_told(
    model: Any, monkeypatch: pytest.MonkeyPatch, precision: str, native: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: native)
    made = proposer(model, precision=precision)
    assert made.dtype == str(made.generator.dtype).removeprefix("torch.") == expected


def test_stock_computes_in_float32(model: Any) -> None:
    assert proposer(model, generator="stock").dtype == "float32"


def test_bfloat16_finds_the_same_object(model: Any, photograph: NDArray[np.uint8]) -> None:
    near, exact = (
        best(proposer(model, precision=p).propose(photograph).proposals)
        for p in ("auto", "float32")
    )
    assert mask_iou(near.mask, exact.mask) > 0.95
    assert near.predicted_iou == pytest.approx(exact.predicted_iou, abs=0.05)
