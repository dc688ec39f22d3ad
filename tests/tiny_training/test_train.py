"""The training loop: its plan by hand, and what a run does that was stopped or made longer.

Most of these train the smallest model that has every kind of layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from miniature import SMALL, disc_pair
from segment_anything.modeling import Sam

from automask.sam.build import build
from automask.sam.tiny import TinyArchitecture, build_tiny
from automask.sam.weights import locate
from automask.tiny_training import train as training
from automask.tiny_training.batch import Batch, batches
from automask.tiny_training.data import Pair, is_validation
from automask.tiny_training.export import export
from automask.tiny_training.objective import batch_losses
from automask.tiny_training.train import (
    TrainConfig,
    Trainer,
    decay_start,
    frame_size,
    learning_rate,
    train,
)

# Steps 0 to 5 at a constant rate, 6 to 9 while it falls.
TEN_STEPS = TrainConfig(
    steps=10,
    decay_steps=4,
    warmup_steps=2,
    batch_size=2,
    frames=(64,),
    frames_in_decay=(64,),
    validate_every=10,
)
TWENTY_STEPS = replace(TEN_STEPS, steps=20)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "build_tiny", lambda: build_tiny(SMALL))


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    drawn = [disc_pair(i) for i in range(80)]
    assert any(is_validation(p.name) for p in drawn)
    return drawn


def first_weight(sam: Sam) -> torch.Tensor:
    return next(sam.parameters())


def at_step(config: TrainConfig, run_dir: Path, step: int) -> Trainer:
    """A trainer at a step, with the step's number in its first weights: they show where from."""
    trainer = Trainer(config, run_dir)
    trainer.step = step
    with torch.no_grad():
        first_weight(trainer.sam).fill_(float(step))
        first_weight(trainer.average.module).fill_(float(step))
    return trainer


def decaying_at(step: int, run_dir: Path) -> None:
    """The checkpoint of TEN_STEPS at a step of its decay."""
    trainer = at_step(TEN_STEPS, run_dir, step)
    trainer.decay_start = 6
    trainer.save(run_dir / "training.pt")


def resumed(config: TrainConfig, run_dir: Path) -> Trainer:
    trainer = Trainer(config, run_dir)
    trainer.resume()
    return trainer


def all_weights(sam: Sam) -> torch.Tensor:
    return torch.cat([value.flatten().float() for value in sam.state_dict().values()])


# The plan of a run.


@pytest.mark.parametrize(
    ("step", "rate"),
    [
        (0, 0.01),
        (49, 0.5),
        (99, 1.0),
        (100, 1.0),
        (800, 1.0),
        (900, 0.5),
        (999, 0.005),
        (1000, 0.0),
    ],
)
def test_the_learning_rate_warms_up_stays_and_falls_to_nothing(step: int, rate: float) -> None:
    config = TrainConfig(steps=1000, learning_rate=1.0, warmup_steps=100, decay_steps=200)
    assert learning_rate(config, step) == pytest.approx(rate)


def test_frames_take_turns_and_grow_when_the_rate_falls() -> None:
    config = TrainConfig(steps=10, decay_steps=4, frames=(64, 64, 96), frames_in_decay=(96, 128))
    sizes = [frame_size(config, step) for step in range(10)]
    assert sizes == [64, 64, 96, 64, 64, 96, 96, 128, 96, 128]


def test_a_run_shorter_than_its_decay_falls_from_the_first_step() -> None:
    config = TrainConfig(steps=2, decay_steps=4, learning_rate=1.0, warmup_steps=1)
    assert decay_start(config) == 0
    assert [learning_rate(config, step) for step in (0, 1)] == [0.5, 0.25]


# Stopped and taken up again.


@pytest.mark.usefixtures("small")
def test_a_run_without_a_checkpoint_starts_at_the_beginning(tmp_path: Path) -> None:
    assert resumed(TEN_STEPS, tmp_path).step == 0


@pytest.mark.usefixtures("small")
def test_a_run_interrupted_in_its_decay_goes_on_where_it_stopped(tmp_path: Path) -> None:
    at_step(TEN_STEPS, tmp_path, 6).save(tmp_path / "before_decay.pt")
    decaying_at(8, tmp_path)
    trainer = resumed(TEN_STEPS, tmp_path)
    assert trainer.step == 8
    assert (first_weight(trainer.sam) == 8).all()
    assert (first_weight(trainer.average.module) == 8).all()


@pytest.mark.parametrize("stopped_at", [8, 10], ids=["in the decay", "at the end"])
@pytest.mark.parametrize("steps", [11, 14, 20], ids=["a little", "by a decay", "by much"])
@pytest.mark.usefixtures("small")
def test_a_run_made_longer_goes_on_from_before_the_decay(
    tmp_path: Path, stopped_at: int, steps: int
) -> None:
    at_step(TEN_STEPS, tmp_path, 6).save(tmp_path / "before_decay.pt")
    decaying_at(stopped_at, tmp_path)
    trainer = resumed(replace(TEN_STEPS, steps=steps), tmp_path)
    assert trainer.step == 6
    assert (first_weight(trainer.sam) == 6).all()
    assert (first_weight(trainer.average.module) == 6).all()


@pytest.mark.usefixtures("small")
def test_a_run_made_shorter_decays_from_where_it_is_and_can_be_made_longer_again(
    pairs: list[Pair], tmp_path: Path
) -> None:
    at_step(TWENTY_STEPS, tmp_path, 5).save(tmp_path / "training.pt")
    train(pairs, replace(TEN_STEPS, steps=7), tmp_path)  # its decay would have begun at 3
    assert torch.load(tmp_path / "before_decay.pt")["step"] == 5
    assert resumed(TWENTY_STEPS, tmp_path).step == 5


@pytest.mark.usefixtures("small")
def test_the_curve_forgets_what_is_done_again(pairs: list[Pair], tmp_path: Path) -> None:
    every_step = replace(TEN_STEPS, steps=4, decay_steps=2, validate_every=1)
    train(pairs, every_step, tmp_path)
    train(pairs, replace(every_step, steps=6, validate_every=3), tmp_path)  # again from step 2
    rows = (tmp_path / "curve.csv").read_text().splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == ["1", "2", "3", "6"]


def test_a_run_without_validation_pairs_says_so(pairs: list[Pair], tmp_path: Path) -> None:
    learn = [p for p in pairs if not is_validation(p.name)]
    with pytest.raises(ValueError, match="0 to validate on"):
        train(learn, TEN_STEPS, tmp_path)


@pytest.mark.usefixtures("small")
def test_a_run_made_longer_before_its_decay_goes_on_where_it_stopped(tmp_path: Path) -> None:
    at_step(TEN_STEPS, tmp_path, 5).save(tmp_path / "training.pt")
    assert resumed(TWENTY_STEPS, tmp_path).step == 5


@pytest.mark.usefixtures("small")
def test_the_optimiser_steps_on_the_models_own_memory_also_when_resumed(tmp_path: Path) -> None:
    at_step(TEN_STEPS, tmp_path, 5).save(tmp_path / "training.pt")
    for trainer in (Trainer(TEN_STEPS, tmp_path), resumed(TEN_STEPS, tmp_path)):
        kernels = [(p, view) for p, view in trainer.optimiser.matrices if p.ndim == 4]
        assert len(kernels) == 5
        assert all(p.data_ptr() == view.data_ptr() for p, view in kernels)


@pytest.mark.usefixtures("small")
def test_an_interrupted_run_ends_like_an_undisturbed_one(
    pairs: list[Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(TEN_STEPS, steps=2, decay_steps=1, save_every_seconds=0.0)
    undisturbed = train(pairs, config, tmp_path / "undisturbed")
    calls = []

    def interrupted_at_the_second(sam: Sam, batch: Batch, refine: bool) -> dict[str, torch.Tensor]:
        calls.append(refine)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return batch_losses(sam, batch, refine)

    monkeypatch.setattr(training, "batch_losses", interrupted_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        train(pairs, config, tmp_path / "stopped")
    sam = train(pairs, config, tmp_path / "stopped")
    assert len(calls) == 3  # the second step was taken up again, not the first
    assert torch.allclose(all_weights(sam), all_weights(undisturbed), atol=1e-5)


@pytest.mark.usefixtures("small")
def test_a_run_begins_with_the_model_it_is_given(tmp_path: Path) -> None:
    begin = build_tiny(SMALL)
    with torch.no_grad():
        first_weight(begin).fill_(7.0)
    trainer = Trainer(TEN_STEPS, tmp_path, begin=begin)
    assert (first_weight(trainer.sam) == 7).all()
    assert (first_weight(trainer.average.module) == 7).all()


@pytest.mark.usefixtures("small")
def test_a_checkpoint_outweighs_the_model_to_begin_with(tmp_path: Path) -> None:
    at_step(TEN_STEPS, tmp_path, 5).save(tmp_path / "training.pt")
    trainer = Trainer(TEN_STEPS, tmp_path, begin=build_tiny(SMALL))
    trainer.resume()
    assert trainer.step == 5
    assert (first_weight(trainer.sam) == 5).all()


@pytest.mark.usefixtures("small")
def test_only_the_backbone_learns_at_its_own_rate(tmp_path: Path) -> None:
    trainer = Trainer(replace(TEN_STEPS, backbone_rate=0.25), tmp_path)
    trainer.optimiser.step(1.0)
    slow, new = trainer.optimiser.adamw.param_groups[1], trainer.optimiser.adamw.param_groups[0]
    assert (slow["lr"], new["lr"]) == (0.25, 1.0)
    backbone = {id(p) for p in trainer.sam.image_encoder.backbone.parameters()}
    assert {id(p) for p in slow["params"]} == backbone


@pytest.mark.usefixtures("small")
def test_a_backbone_without_a_rate_stays_as_it_is(pairs: list[Pair], tmp_path: Path) -> None:
    begin = build_tiny(SMALL)
    before = {k: v.clone() for k, v in begin.image_encoder.backbone.state_dict().items()}
    trainer = Trainer(replace(TEN_STEPS, backbone_rate=0.0), tmp_path, begin=begin)
    batch = next(batches(pairs, iter([(0, 64)]), 2, 0))
    training._step(trainer, batch)
    after = trainer.sam.image_encoder.backbone.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before)


# What a run leaves.


@pytest.mark.usefixtures("small")
def test_a_run_keeps_its_state_before_the_decay_and_its_last(
    pairs: list[Pair], tmp_path: Path
) -> None:
    train(pairs, replace(TEN_STEPS, steps=3, decay_steps=1), tmp_path)
    assert sorted(f.name for f in tmp_path.iterdir()) == [
        "before_decay.pt",
        "curve.csv",
        "training.pt",
    ]
    steps = [torch.load(tmp_path / n)["step"] for n in ("before_decay.pt", "training.pt")]
    assert steps == [2, 3]


@pytest.mark.usefixtures("small")
def test_a_loss_that_is_no_number_stops_the_run_and_nothing_is_saved(
    pairs: list[Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_number(_sam: Sam, _batch: Batch, _refine: bool) -> dict[str, torch.Tensor]:
        return {name: torch.tensor(torch.nan) for name in ("saliency", "mask", "score")}

    monkeypatch.setattr(training, "batch_losses", no_number)
    with pytest.raises(FloatingPointError, match="loss is nan at step 0"):
        train(pairs, TEN_STEPS, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("small")
def test_no_validation_pair_is_learned_from(
    pairs: list[Pair], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Pair] = []

    def noted(learn: list[Pair], *rest: Any) -> Iterator[Batch]:
        seen.extend(learn)
        return batches(learn, *rest)

    monkeypatch.setattr(training, "batches", noted)
    train(pairs, replace(TEN_STEPS, steps=1), tmp_path)
    assert {p.name for p in seen} == {p.name for p in pairs if not is_validation(p.name)}


@pytest.mark.slow
def test_a_short_training_learns_resumes_and_exports(pairs: list[Pair], tmp_path: Path) -> None:
    config = TrainConfig(
        steps=6, batch_size=4, warmup_steps=2, decay_steps=2, frames=(64,), frames_in_decay=(64,),
        validate_every=4,
    )  # fmt: skip
    train(pairs, config, tmp_path)
    assert resumed(config, tmp_path).step == 6

    longer = replace(config, steps=12, validate_every=12)
    assert resumed(longer, tmp_path).step == 4  # where the first part's rate began to fall
    sam = train(pairs, longer, tmp_path)
    rows = (tmp_path / "curve.csv").read_text().splitlines()
    assert rows[0].startswith("step,loss_saliency,")
    assert [row.split(",")[0] for row in rows[1:]] == [
        "4",
        "12",
    ]  # what came after 4 was done again
    losses = [float(row.split(",")[1]) for row in rows[1:]]
    assert losses[1] < losses[0]

    file = tmp_path / "mine.safetensors"
    export(sam, TinyArchitecture(), file, {})
    loaded = build(locate(str(file)))
    assert loaded.image_encoder.img_size == TinyArchitecture().img_size
