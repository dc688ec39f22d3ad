"""Trainings from end to end, of a few steps at 32 and 64 px: each value of an option is trained."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from training_sets import disc, write_discs

from automask.errors import ConfigError, SettingsChangedError, UsageError, WeightsError
from automask.system.signals import Stop
from automask.train.files import read_notes
from automask.train.learning_curve import learning_curve
from automask.train.nets import make_encoder
from automask.train.prepare import prepare_training
from automask.train.probability import probability_map
from automask.train.settings import train_config
from automask.train.student import load_student
from automask.train.train import Result, train

SMALL = "tu-mobilenetv3_small_050"


def trained(source: Path, out: Path, overwrite: bool = False, **values: Any) -> Result:
    """A student of two steps at 64 px, but for the settings that a test gives."""
    net = {"encoder": SMALL, **values.pop("net", {})}
    view = {"size": 64, **values.pop("view", {})}
    short = {"weights": "none", "steps": 2, "batch": 2, "device": "cpu", **values}
    config = train_config({"source": source, "out": out, "net": net, "view": view, **short})
    return train(prepare_training(config), Stop(), overwrite=overwrite)


@pytest.mark.slow
def test_a_student_learns_what_a_disc_is(discs: Path, tmp_path: Path) -> None:
    encoder = {"encoder": "timm-tf_efficientnet_lite0"}
    result = trained(discs, tmp_path / "s", net=encoder, weights="imagenet", steps=40, batch=4)
    assert result.figures["test"]["iou"] > 0.8
    net, notes = load_student(result.file)
    image, mask = disc(99)  # which it has never seen
    likely = probability_map(net, image, notes.view)
    assert ((likely >= 0.5) & mask).sum() / ((likely >= 0.5) | mask).sum() > 0.8


@pytest.mark.slow
def test_a_training_leaves_a_student_with_its_card_split_and_curve(
    discs: Path, tmp_path: Path
) -> None:
    result = trained(discs, tmp_path / "s", holdout=2)
    assert sorted(file.name for file in (tmp_path / "s").iterdir()) == [
        ".lock", "README.md", "curve.csv", "curve.html", "split.json", "student.safetensors",
        "training.json",
    ]  # fmt: skip
    split = json.loads((tmp_path / "s/split.json").read_text())
    assert [len(split[side]) for side in ("train", "val", "test", "holdout")] == [6, 2, 2, 2]
    assert set(result.figures) == {"val", "test", "holdout"}
    assert set(result.figures["test"]) == {"images", "iou", "dice", "auroc", "average_precision"}
    notes = read_notes(result.file)
    assert (notes.learned_from, notes.steps, notes.begun_from) == (6, 2, "random weights")
    assert "| holdout | 2 |" in (tmp_path / "s/README.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [
        *({"net": {"arch": arch}} for arch in ("unet", "deeplabv3+", "fcn")),
        {"net": {"arch": "deeplabv3", "encoder": "mobilenet_v2"}},
        {"net": {"labels": "trimap"}},
        *({"loss": loss} for loss in ("bce", "dice", "bce+dice", "bce+iou", "focal")),
        {"view": {"size": 0, "tile": 32}},
        {"view": {"size": 48, "tile": 32}},
        *(
            {"view": {"size": 0, "tile": 32}, "regions": regions}
            for regions in ("rows:20", "rows:40%", "rows:found", "grid:2x2")
        ),
        {"view": {"size": 0, "tile": 32}, "regions": "rows:20", "region_shares": (0.8, 0.2)},
        {"limit": 3},
        {"split": "0[0-5]*/0*/1*"},
    ],
    ids=str,
)
def test_each_accepted_value_is_trained(
    discs: Path, tmp_path: Path, values: dict[str, Any]
) -> None:
    result = trained(discs, tmp_path / "s", **values)
    assert 0.0 <= result.figures["test"]["iou"] <= 1.0


@pytest.mark.slow
def test_a_file_of_horizons_is_trained_with(discs: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    names = sorted(file.name for file in (discs / "images").iterdir())
    rows.write_text("image,row\n" + "".join(f"{name},24\n" for name in names))
    result = trained(discs, tmp_path / "s", view={"size": 0, "tile": 32}, regions=str(rows))
    assert result.figures["test"]["images"] == 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["trimaps", "objects"])
def test_trimaps_and_ids_of_objects_are_learned_from_too(tmp_path: Path, kind: str) -> None:
    result = trained(write_discs(tmp_path / kind, 12, kind), tmp_path / "s")
    assert result.figures["test"]["images"] == 2


@pytest.mark.slow
def test_mask_rcnn_learns_objects(tmp_path: Path) -> None:
    source = write_discs(tmp_path / "discs", 12, "objects")
    net = {"arch": "maskrcnn", "labels": "objects"}
    result = trained(source, tmp_path / "s", net=net)
    assert 0.0 <= result.figures["test"]["ap50"] <= 1.0


@pytest.mark.slow
def test_a_student_goes_on_from_another(discs: Path, tmp_path: Path) -> None:
    trained(discs, tmp_path / "first")
    result = trained(discs, tmp_path / "second", weights=str(tmp_path / "first"), steps=1)
    assert read_notes(result.file).begun_from == "the student first"


@pytest.mark.slow
def test_weights_of_another_network_are_refused(discs: Path, tmp_path: Path) -> None:
    trained(discs, tmp_path / "first", steps=1)
    with pytest.raises(WeightsError, match="holds another network than was asked for"):
        trained(
            discs, tmp_path / "second", weights=str(tmp_path / "first"), net={"labels": "trimap"}
        )


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"holdout": 12}, UsageError, "--holdout 12 leaves nothing to learn from"),
        ({"limit": 50}, UsageError, "50 photographs to learn from were asked for"),
        (
            {"values": "7,9"},
            UsageError,
            "cannot be learned from: .* has the values 0, 255, and should have 7 foreground",
        ),
        ({"net": {"encoder": "resnet999"}}, ConfigError, "has no encoder 'resnet999'"),
        ({"weights": "gone.safetensors"}, WeightsError, "gone.safetensors does not exist"),
    ],
)
def test_what_is_wrong_is_said_before_the_first_step(
    discs: Path, tmp_path: Path, values: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        trained(discs, tmp_path / "s", **values)
    assert not (tmp_path / "s/curve.csv").exists()


@pytest.mark.slow
def test_a_finished_training_is_not_begun_again(discs: Path, tmp_path: Path) -> None:
    once = trained(discs, tmp_path / "s")
    before = once.file.stat().st_mtime_ns
    again = trained(discs, tmp_path / "s")
    assert again.was_there
    assert again.figures == once.figures
    assert once.file.stat().st_mtime_ns == before


@pytest.mark.slow
def test_another_training_does_not_write_over_a_student(discs: Path, tmp_path: Path) -> None:
    trained(discs, tmp_path / "s")
    with pytest.raises(SettingsChangedError, match=r"loss: was 'bce.dice', now 'dice'"):
        trained(discs, tmp_path / "s", loss="dice")
    assert not trained(discs, tmp_path / "s", loss="dice", overwrite=True).was_there


@pytest.mark.slow
def test_masks_that_changed_are_another_training(discs: Path, tmp_path: Path) -> None:
    trained(discs, tmp_path / "s")
    for file in (discs / "masks").iterdir():
        os.utime(file, ns=(1, 1))
    with pytest.raises(SettingsChangedError, match="the photographs or masks have changed"):
        trained(discs, tmp_path / "s")


KILLED = """
import sys
from pathlib import Path
import torch
from automask.system.signals import Stop
from automask.train import loop
from automask.train.prepare import prepare_training
from automask.train.settings import train_config
from automask.train.train import train
loop.SAVE_SECONDS, loop.ROUND_STEPS = 0.0, 4
torch.set_num_threads(1)
source, out = map(Path, sys.argv[1:3])
config = train_config({"source": source, "out": out, "weights": "none", "steps": 10, "batch": 2,
    "net": {"encoder": sys.argv[3]}, "view": {"size": 32}, "device": "cpu"})
train(prepare_training(config), Stop())
"""


@pytest.mark.slow
def test_a_killed_training_goes_on_and_ends_with_the_same_student(
    discs: Path, tmp_path: Path
) -> None:
    def start(out: str) -> subprocess.Popen[bytes]:
        words = ("-c", KILLED, str(discs), str(tmp_path / out), SMALL)
        return subprocess.Popen([sys.executable, *words])

    assert start("whole").wait() == 0
    killed = start("killed")
    deadline = time.monotonic() + 120
    while not (tmp_path / "killed/curve.csv").exists():  # written after 4 of 10 steps
        assert killed.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert not (tmp_path / "killed/student.safetensors").exists()
    assert start("killed").wait() == 0

    whole, resumed = (
        load_student(tmp_path / f"{n}/student.safetensors") for n in ("whole", "killed")
    )
    for name, tensor in whole[0].state_dict().items():
        torch.testing.assert_close(resumed[0].state_dict()[name], tensor, rtol=0, atol=0)
    assert whole[1] == resumed[1]


@pytest.mark.slow
def test_sizes_share_one_split_and_the_largest_becomes_the_student(
    discs: Path, tmp_path: Path
) -> None:
    values = {
        "source": discs, "out": tmp_path / "s", "weights": "none", "steps": 1, "batch": 2,
        "net": {"encoder": SMALL}, "view": {"size": 32}, "device": "cpu",
    }  # fmt: skip
    prepared = prepare_training(train_config(values))
    curve = learning_curve(prepared, (2, 4), 2, Stop(), lambda _row: None)
    assert [(row.images, len(row.figures)) for row in curve.sizes] == [(2, 2), (4, 2)]
    splits = [json.loads(file.read_text()) for file in sorted(tmp_path.glob("s/size-*/split.json"))]
    assert [len(split["train"]) for split in splits] == [2, 2, 4, 4]
    assert len({json.dumps(split["test"]) for split in splits}) == 1
    assert read_notes(tmp_path / "s/student.safetensors").learned_from == 4
    assert (tmp_path / "s/sizes.png").stat().st_size > 1000


def test_more_images_than_there_are_is_refused(discs: Path, tmp_path: Path) -> None:
    config = train_config({"source": discs, "out": tmp_path / "s", "device": "cpu"})
    with pytest.raises(UsageError, match="--sizes 40 is more than the 7 photographs"):
        learning_curve(prepare_training(config), (2, 40), 1, Stop(), lambda _row: None)


def test_the_small_encoder_is_small() -> None:
    assert sum(p.numel() for p in make_encoder(SMALL).parameters()) < 300_000


def test_views_are_the_same_for_the_same_seed(discs: Path, tmp_path: Path) -> None:
    from automask.train.batches import Views

    config = train_config({"source": discs, "out": tmp_path, "view": {"size": 64}})
    learned = prepare_training(config).learned[:2]
    views = Views(config)
    first, again, other = (views.batch(learned, seed) for seed in (5, 5, 6))
    torch.testing.assert_close(first.images, again.images, rtol=0, atol=0)
    assert not torch.equal(first.images, other.images)
    assert first.images.shape == (2, 3, 64, 64)
    assert set(np.unique(first.labels)) <= {1, 2, 3, 255}
