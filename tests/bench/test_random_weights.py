"""Random weights: always the same, loaded the normal way, a share of their masks passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from bench_fakes import FINE, make_images

from automask.bench.random_weights import make_random_weights, score_threshold
from automask.bench.variants import RandomWeights
from automask.image.scan import scan
from automask.sam.build import build
from automask.sam.checkpoints import BY_NAME
from automask.sam.weights import locate


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> RandomWeights:
    folder = tmp_path_factory.mktemp("random")
    images = make_images(folder / "in", FINE, FINE)
    return make_random_weights("tiny", folder, images, scan(images))


def test_they_are_a_checkpoint_like_any_other(made: RandomWeights) -> None:
    weights = locate(str(made.file))
    assert weights.checkpoint.name == "tiny"
    assert build(weights).image_encoder.img_size == 320


def test_they_are_the_same_every_time(made: RandomWeights, tmp_path: Path) -> None:
    torch.rand(7)  # whatever was drawn before
    images = make_images(tmp_path / "in", FINE, FINE)
    again = make_random_weights("tiny", tmp_path, images, scan(images))
    assert again.file.read_bytes() == made.file.read_bytes()
    assert again.settings == made.settings


def test_their_threshold_is_one_that_the_generator_does_not_take_for_off(
    made: RandomWeights,
) -> None:
    assert made.settings["pred_iou_thresh"] > 0
    assert made.settings["stability_score_thresh"] == 0


class Scores:
    """Answers the n-th point with the scores 3n, 3n + 1, 3n + 2."""

    def __init__(self) -> None:
        self.looked_at = self.points = 0

    def look_at(self, image: np.ndarray) -> None:
        assert image.shape == (32, 32, 3)
        self.looked_at += 1

    def by_point(self, x: float, y: float) -> tuple[None, np.ndarray]:
        assert 0 < x < 32
        assert 0 < y < 32
        self.points += 1
        return None, 3.0 * (self.points - 1) + np.arange(3)


def test_the_threshold_lets_15_of_100_masks_pass_of_all_photographs_looked_at(
    tmp_path: Path,
) -> None:
    images = make_images(tmp_path / "in", *[FINE] * 9)
    prompter = Scores()
    found = score_threshold(prompter, BY_NAME["tiny"], images, scan(images))  # type: ignore[arg-type]
    assert (prompter.looked_at, prompter.points) == (4, 64)
    # Scores 0..191: 0.85 of the way is 162.35.
    assert found == pytest.approx(162.35)
