"""The training of the refiner: it goes on where it stopped, and tells how well it does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from automask.refiner_training.batch import draw_batch
from automask.refiner_training.sources import Source, sources_in, split
from automask.refiner_training.train import (
    RefinerTrainConfig,
    Trainer,
    learning_rate,
    train,
    view_px,
)
from automask.sam.refiner import Refiner

FOUR_STEPS = RefinerTrainConfig(
    steps=4, batch_size=2, decay_steps=2, warmup_steps=1, view_px=32, view_px_in_decay=48,
    validate_every=4, validation_images=1,
)  # fmt: skip


@pytest.fixture
def sources(tmp_path: Path) -> list[Source]:
    """Two photographs of a bright disc with their masks and a prediction that is shifted."""
    for folder in ("images", "masks", "predicted"):
        (tmp_path / folder).mkdir()
    for i in range(3):
        rows, columns = np.mgrid[:64, :80]
        inside = (rows - 30) ** 2 + (columns - 35 - i) ** 2 < 300
        mask = inside.astype(np.uint8) * 255
        cv2.imwrite(str(tmp_path / f"images/{i}.png"), np.dstack([mask // 2 + 60] * 3))
        cv2.imwrite(str(tmp_path / f"masks/{i}.png"), mask)
        if i:
            cv2.imwrite(str(tmp_path / f"predicted/{i}.png"), np.roll(mask, 3, axis=1))
    return sources_in(tmp_path / "images", tmp_path / "masks", tmp_path / "predicted")


def test_with_a_folder_of_predictions_those_photographs_are_taken_that_have_one(
    sources: list[Source],
) -> None:
    assert [s.image.name for s in sources] == ["1.png", "2.png"]
    sample = sources[0].read()
    assert sample.predicted is not None
    assert (np.roll(sample.truth, 3, axis=1) == sample.predicted).all()


def test_a_truth_of_another_size_is_refused(sources: list[Source], tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "masks/1.png"), np.zeros((3, 3), np.uint8))
    with pytest.raises(ValueError, match=r"1\.png .* no pair of one size"):
        sources[0].read()


def test_mattes_are_a_tenth_of_what_is_drawn_and_every_third_is_held_out() -> None:
    def named(prefix: str, count: int) -> list[Source]:
        return [Source(Path(f"{prefix}{i}.png"), Path("x")) for i in range(count)]

    learn, held_out = split(named("mask", 1000), named("matte", 9))
    mattes = [s.image.stem for s in learn if s.image.stem.startswith("matte")]
    assert set(mattes) == {"matte1", "matte2", "matte4", "matte5", "matte7", "matte8"}
    assert len(mattes) / len(learn) == pytest.approx(0.09, abs=0.02)
    assert not {s.image.stem for s in held_out} & {s.image.stem for s in learn}


def test_the_plan_of_rate_and_size() -> None:
    config = replace(FOUR_STEPS, learning_rate=1.0)
    assert [learning_rate(config, step) for step in range(4)] == [1.0, 1.0, 1.0, 0.5]
    assert [view_px(config, step) for step in range(4)] == [32, 32, 48, 48]


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(
    sources: list[Source], tmp_path: Path
) -> None:
    def trained(run_dir: Path, *stops: int) -> list[torch.Tensor]:
        torch.manual_seed(0)
        net = Refiner()
        for steps in stops:
            # Stopped: a run that ends early keeps the plan of the longer one.
            trainer = Trainer(FOUR_STEPS, run_dir, net)
            trainer.resume()
            for step in range(trainer.step, steps):
                rng = np.random.default_rng([0, step])
                trainer.learn(draw_batch(sources, view_px(FOUR_STEPS, step), 2, rng))
            trainer.save()
        return [p.detach().clone() for p in trainer.net.parameters()]

    for name in ("once", "twice"):
        (tmp_path / name).mkdir()
    once, twice = trained(tmp_path / "once", 3), trained(tmp_path / "twice", 2, 3)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(once, twice, strict=True))


def test_the_curve_has_each_mask_before_and_after(sources: list[Source], tmp_path: Path) -> None:
    for _ in range(2):  # the second time there is nothing left to do
        train(sources, sources, FOUR_STEPS, tmp_path / "run", Refiner())
    head, line = (tmp_path / "run/curve.csv").read_text().splitlines()
    row = dict(zip(head.split(","), map(float, line.split(",")), strict=True))
    assert row["step"] == 4
    assert 0.5 < row["iou_before"] < 1  # the prediction is shifted by three pixels
    assert 0 <= row["f_after"] <= 1


def test_without_photographs_there_is_nothing_to_learn(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 photographs to learn from, 0 held out"):
        train([], [], FOUR_STEPS, tmp_path, Refiner())
