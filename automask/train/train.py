"""One training, from checked settings to a student in its folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import torch
from torch import nn

from automask.errors import LockedError, SettingsChangedError, UsageError, reraise_oserror
from automask.system.files import write_text
from automask.system.signals import Stop
from automask.train.batches import Views
from automask.train.calibration import fit_calibration
from automask.train.card import model_card
from automask.train.curve import PAGE, TABLE, write_curve
from automask.train.figures import measure_side
from automask.train.files import FILE, Calibration, StudentNotes
from automask.train.imagenet import PACKAGES
from automask.train.loop import Loop, Progress, Round, total_steps
from automask.train.nets import build_net, load_imagenet, use_channels_last
from automask.train.objectives import MasksObjective, Objective, make_objective
from automask.train.prepare import Prepared
from automask.train.settings import TrainConfig
from automask.train.student import begin_from, write_student

STATE, NOTES, SPLIT, CARD, LOCK = (
    "training.pt", "training.json", "split.json", "README.md", ".lock",
)  # fmt: skip

OnRound = Callable[[Round], None]


@dataclass(frozen=True)
class Result:
    """What a training came to."""

    file: Path
    figures: dict[str, dict[str, Any]]  # by side: see SideFigures
    rounds: int
    steps: int
    seconds: float
    was_there: bool = False  # it had been trained before


def train(
    prepared: Prepared, stop: Stop, on_round: OnRound = lambda _row: None, overwrite: bool = False
) -> Result:
    """Trains, or goes on with, the student in `config.out`.

    Raises SettingsChangedError where the folder holds another student, LockedError where it is
    being trained, DivergedError, WeightsError, and Interrupted once the state is saved.
    """
    folder = prepared.config.out
    with reraise_oserror(UsageError, f"cannot write into {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / LOCK)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise LockedError(f"{folder} is being trained by another process") from error
    try:
        if overwrite:
            _clear(folder)
        known = _agree(prepared)
        return known or _train(prepared, stop, on_round)
    finally:
        lock.release()


def _train(prepared: Prepared, stop: Stop, on_round: OnRound) -> Result:
    config, folder = prepared.config, prepared.config.out
    torch.manual_seed(config.seed)
    net = build_net(config.net)
    begun_from = _begin(net, config)
    net = use_channels_last(net).to(torch.device(prepared.device))
    views = Views(config, prepared.regions)
    objective = make_objective(config, views)
    steps = total_steps(config, len(prepared.learned))

    def told(row: Round, progress: Progress) -> None:
        write_curve(folder, progress.rounds, objective.figure, steps)
        on_round(row)

    loop = Loop(
        config, net, objective, views, prepared.learned, prepared.validated, folder / STATE,
        begins_trained=config.weights != "none",
    )  # fmt: skip
    progress = loop.run(stop, told)
    return _finish(prepared, net.eval(), views, objective, progress, begun_from)


def _begin(net: nn.Module, config: TrainConfig) -> str:
    """Gives the network what it begins with; returns that in words."""
    if config.weights == "none":
        return "random weights"
    if config.weights == "imagenet":
        load_imagenet(net, config.net.encoder)
        package = PACKAGES.get(config.net.encoder)
        source = f"{package[0]}, Apache-2.0" if package else "see the encoder's own card"
        return f"ImageNet weights of {config.net.encoder} ({source})"
    begin_from(net, Path(config.weights))
    return f"the student {Path(config.weights).name}"


def _finish(
    prepared: Prepared,
    net: nn.Module,
    views: Views,
    objective: Objective,
    progress: Progress,
    begun_from: str,
) -> Result:
    config, folder = prepared.config, prepared.config.out
    notes = StudentNotes(
        net=config.net,
        view=config.view,
        calibration=_calibrated(net, objective, prepared),
        begun_from=begun_from,
        learned_from=len(prepared.learned),
        steps=progress.step,
    )
    measured = {"val": prepared.validated, "test": prepared.tested, "holdout": prepared.held_out}
    figures = {
        side: measure_side(net, views, examples).as_json()
        for side, examples in measured.items()
        if examples
    }
    result = Result(
        folder / FILE, figures, len(progress.rounds), progress.step, round(progress.seconds, 1)
    )
    write_student(folder / FILE, net, notes)
    write_text(folder / CARD, model_card(prepared, notes, figures, net))
    _write_notes(prepared, result)  # last, so that a student it describes is complete
    (folder / STATE).unlink(missing_ok=True)
    return result


def _calibrated(net: nn.Module, objective: Objective, prepared: Prepared) -> Calibration:
    if not isinstance(objective, MasksObjective):
        return Calibration()
    rows = objective.trusted(net, prepared.validated)
    return fit_calibration([expected for expected, _ in rows], [iou for _, iou in rows])


def _agree(prepared: Prepared) -> Result | None:
    """What an earlier start has finished; writes down what is trained where it is the first."""
    folder = prepared.config.out
    file = folder / NOTES
    if not file.exists():
        _write_notes(prepared, None)
        split = {"how": prepared.config.split, "seed": prepared.config.seed, **prepared.split()}
        write_text(folder / SPLIT, json.dumps(split, indent=1) + "\n")
        return None
    known = json.loads(file.read_text(encoding="utf-8"))
    if known.get("digest") != prepared.digest():
        raise SettingsChangedError(
            f"{folder} holds a student of other settings, photographs or masks "
            f"({_changed(known.get('settings', {}), prepared.config)}); use another --out, or "
            "--overwrite to train it anew"
        )
    done = known.get("result")
    return Result(file=folder / FILE, was_there=True, **done) if done else None


def _changed(before: dict[str, Any], config: TrainConfig) -> str:
    now = json.loads(json.dumps(config.identity()))
    names = sorted(name for name in now if before.get(name) != now[name])
    if not names:
        return "the photographs or masks have changed"
    return ", ".join(f"{n}: was {before.get(n)!r:.60}, now {now[n]!r:.60}" for n in names)


def _write_notes(prepared: Prepared, result: Result | None) -> None:
    done = None
    if result is not None:
        done = {
            "figures": result.figures,
            "rounds": result.rounds,
            "steps": result.steps,
            "seconds": result.seconds,
        }
    notes = {
        "digest": prepared.digest(),
        "settings": prepared.config.identity(),
        "left_out": [{"image": name, "reason": reason} for name, reason in prepared.left_out],
        "result": done,
    }
    write_text(prepared.config.out / NOTES, json.dumps(notes, indent=1) + "\n")


def _clear(folder: Path) -> None:
    """Takes away what a training writes, and nothing else."""
    for name in (STATE, NOTES, SPLIT, CARD, FILE, TABLE, PAGE):
        (folder / name).unlink(missing_ok=True)
    for run in folder.glob("size-*-seed-*"):
        shutil.rmtree(run)
