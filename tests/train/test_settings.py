"""Settings that do not go together are refused before anything is read."""

from __future__ import annotations

from typing import Any

import pytest

from automask.errors import ConfigError
from automask.train.settings import TrainConfig, ViewConfig, train_config


def config(**values: Any) -> TrainConfig:
    return train_config({"source": "out", "out": "student", **values})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"net": {"arch": "maskrcnn"}}, "labels objects and arch maskrcnn go together"),
        ({"net": {"labels": "objects"}}, "labels objects and arch maskrcnn go together"),
        ({"view": {"size": 16}}, "size must be at least 32 px"),
        ({"view": {"tile": 80}}, "tile must be a multiple of 32 px"),
        ({"view": {"size": 0}}, "size must say how large"),
        ({"regions": "grid:2x2"}, "need a tile"),
        ({"region_shares": (0.5, 0.6), "regions": "rows:40%"}, "add up to 1"),
        ({"region_shares": (0.5, 0.5)}, "region_shares need regions"),
        ({"loss": "hinge"}, "loss: Input should be 'bce', 'dice'"),
        ({"device": "tpu"}, "device: String should match"),
    ],
)
def test_a_wrong_setting_is_named(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        config(**values)


def test_the_network_is_shown_a_square_that_its_encoder_can_halve_five_times() -> None:
    assert ViewConfig(size=100).side == 128
    assert ViewConfig(size=0, tile=96).side == 96


def test_where_it_is_trained_makes_no_other_student() -> None:
    assert config(out="a", device="cpu").identity() == config(out="b").identity()


def test_another_loss_makes_another_student() -> None:
    assert config(loss="dice").identity() != config().identity()
