"""saliency: where the primary object is, for whatever checkpoint makes the proposals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from automask.config import ProposeConfig, RunConfig
from automask.proposer import make_proposer
from automask.sam.encoder import FastTinyEncoder
from automask.sam.generator import encoder_of
from automask.sam.saliency import SaliencyMap, predicted_iou
from automask.sam.weights import locate


def config(**changes: Any) -> RunConfig:
    few = {"settings": {"points_per_side": 4}}
    return RunConfig(input=Path("in"), output=Path("out"), propose=few, **changes)


@pytest.fixture(scope="module")
def shown(model: Any) -> SaliencyMap:
    return SaliencyMap(model, FastTinyEncoder(model.image_encoder, torch.float32))


def on_white(height: int, width: int) -> NDArray[np.uint8]:
    """A dark disc in the middle of a white picture."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    disc = (y * height) ** 2 + (x * width) ** 2 < (0.5 * min(height, width)) ** 2
    return np.where(disc[..., None], (60, 40, 30), (255, 255, 255)).astype(np.uint8)


def test_the_map_is_a_chance_in_the_photographs_proportions(shown: SaliencyMap) -> None:
    # 400 x 200 becomes 320 x 160 in the model's frame, a quarter of that the map.
    saliency = shown(on_white(200, 400))
    assert saliency.shape == (40, 80)
    assert saliency.dtype == np.float32
    assert 0 <= saliency.min() <= saliency.max() <= 1


def test_it_is_high_on_the_object_and_low_beside_it(shown: SaliencyMap) -> None:
    saliency = shown(on_white(200, 400))
    assert saliency[15:25, 35:45].mean() > 0.8
    assert saliency[:5].mean() < 0.1


def test_tinys_own_look_gives_the_same_map(
    model: Any, shown: SaliencyMap, photograph: NDArray[np.uint8]
) -> None:
    proposer = make_proposer(model, locate("tiny"), config(precision="float32"))
    own = proposer.propose(photograph).scene.saliency
    assert own is not None
    assert np.abs(own - shown(photograph)).max() < 1e-4


def test_tinys_own_look_is_its_only_one(model: Any, photograph: NDArray[np.uint8]) -> None:
    proposer = make_proposer(model, locate("tiny"), config())
    looks: list[None] = []
    encoder_of(proposer.generator).register_forward_hook(lambda *_: looks.append(None))
    assert proposer.propose(photograph).scene.saliency is not None
    assert len(looks) == 1


def test_where_tiny_looks_at_crops_the_map_is_still_of_the_whole(
    model: Any, shown: SaliencyMap, photograph: NDArray[np.uint8]
) -> None:
    crops = {"settings": {"points_per_side": 4, "crop_n_layers": 1}}
    asked = config(precision="float32").model_copy(
        update={"propose": ProposeConfig.model_validate(crops)}
    )
    found = make_proposer(model, locate("tiny"), asked).propose(photograph)
    assert found.scene.saliency is not None
    assert np.array_equal(found.scene.saliency, shown(photograph))


def test_another_checkpoint_is_helped_by_the_bundled_one(
    model: Any, shown: SaliencyMap, photograph: NDArray[np.uint8]
) -> None:
    """The stock generator stands for it: its encoder gives no map."""
    stock = make_proposer(model, locate("tiny"), config(generator="stock", precision="float32"))
    assert isinstance(stock.saliency, SaliencyMap)
    found = stock.propose(photograph)
    assert found.scene.saliency is not None
    assert np.array_equal(found.scene.saliency, shown(photograph))
    assert found.seconds["encode"] > 0


def test_it_can_be_left_out(model: Any, photograph: NDArray[np.uint8]) -> None:
    proposer = make_proposer(model, locate("tiny"), config(choose={"saliency": False}))
    assert proposer.propose(photograph).scene.saliency is None


def test_a_map_without_doubt_predicts_as_much_as_there_is() -> None:
    sure = np.zeros((4, 4), np.float32)
    sure[1:3, 1:3] = 1
    assert predicted_iou(sure) == 1.0


def test_a_map_in_doubt_predicts_what_its_chances_come_to() -> None:
    # Inside 2 pixels of 0.9: 1.8 shared. Outside 2 of 0.1: the union is 2.2. 1.65 * 1.8/2.2 - 0.64.
    doubtful = np.array([[0.9, 0.9, 0.1, 0.1]], np.float32)
    assert predicted_iou(doubtful) == pytest.approx(0.71)


def test_a_map_that_shows_nothing_predicts_nothing() -> None:
    assert predicted_iou(np.full((4, 4), 0.2, np.float32)) == 0.0
