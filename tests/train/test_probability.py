"""A photograph seen whole, by tiles, and mirrored. The network here only looks at brightness."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from automask.errors import ConfigError
from automask.train.probability import expected_iou, of_object, probability_map
from automask.train.settings import ViewConfig, Way


class Bright(nn.Module):
    """Logits 8 where the photograph is white, -8 where it is black; it notes what it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(1))
        self.shown: list[tuple[int, ...]] = []

    def forward(self, images: Tensor) -> Tensor:
        self.shown.append(tuple(images.shape))
        return images.mean(dim=1, keepdim=True) * 8


def photograph(height: int, width: int) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[:, : width // 3] = 255
    return image


def test_a_photograph_is_filled_up_to_whole_strides_and_cut_again() -> None:
    net = Bright()
    likely = probability_map(net, photograph(40, 90), ViewConfig(size=90))
    assert net.shown == [(1, 3, 64, 96)]
    assert likely.shape == (40, 90)
    np.testing.assert_allclose(likely[:, 29:31], [[0.9997, 0.0003]] * 40, atol=1e-3)


def test_tiles_cover_the_photograph_and_give_what_the_whole_gives() -> None:
    net = Bright()
    likely = probability_map(net, photograph(70, 150), ViewConfig(size=0, tile=64))
    assert net.shown == [(1, 3, 64, 64)] * (2 * 3)
    np.testing.assert_allclose(likely >= 0.5, photograph(70, 150)[..., 0] > 0)


def test_more_overlap_takes_more_tiles() -> None:
    net = Bright()
    probability_map(net, photograph(64, 150), ViewConfig(size=0, tile=64), Way(overlap=0.75))
    assert len(net.shown) == 7  # a step of 16 px over the 86 that are left


def test_with_flips_the_mirrored_photograph_is_asked_too() -> None:
    class Left(Bright):
        def forward(self, images: Tensor) -> Tensor:
            self.shown.append(tuple(images.shape))
            logits = torch.zeros(1, 1, *images.shape[2:])
            logits[..., 0] = 20.0  # the first column, whatever it shows
            return logits

    net = Left()
    likely = probability_map(net, photograph(32, 32), ViewConfig(size=32), Way(flips=True))
    assert len(net.shown) == 2
    np.testing.assert_allclose(likely[0, [0, 1, -1]], [0.75, 0.5, 0.75], atol=1e-6)


def test_of_three_classes_the_foreground_wins_where_it_is_the_likeliest() -> None:
    logits = torch.tensor([[2.0, 1.0, -3.0], [0.5, 1.0, 0.4]]).T.reshape(1, 3, 1, 2)
    assert (of_object(logits) >= 0.5).tolist() == [[[True, False]]]


def test_the_expected_iou_is_that_of_expected_pixels() -> None:
    assert expected_iou(np.array([[0.8, 0.6, 0.2, 0.0]], np.float32)) == pytest.approx(1.4 / 2.2)


def test_where_nothing_is_seen_nothing_is_expected() -> None:
    assert expected_iou(np.zeros((2, 2), np.float32)) == 0.0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"points_per_side": 8}, "a student has no setting points_per_side; it has overlap, flips"),
        ({"overlap": 1.0}, "overlap must be a share of 0 to 0.9, not 1.0"),
    ],
)
def test_settings_that_a_student_does_not_know_are_refused(
    settings: dict[str, object], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        Way.checked(settings)
