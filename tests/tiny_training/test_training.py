"""Training of the bundled model, in miniature."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from automask.sam.build import build
from automask.sam.tiny import TinyArchitecture, build_tiny
from automask.sam.weights import locate
from automask.tiny_training.augment import View, letterbox, random_view
from automask.tiny_training.data import Pair, is_validation, load_pairs
from automask.tiny_training.decode import decode
from automask.tiny_training.export import export
from automask.tiny_training.losses import mask_iou, mask_loss, prompt_loss
from automask.tiny_training.prompts import sample_prompts
from automask.tiny_training.train import TrainConfig, Trainer, frame_size, learning_rate, train

FIRST_VALIDATION_NAMES = [
    "ILSVRC2012_test_00000091",
    "ILSVRC2012_test_00000437",
    "ILSVRC2012_test_00000445",
]
SMALL = TinyArchitecture(img_size=64, stem=8, widths=(8, 16, 16, 32), depths=(1, 1, 1))


def disc_pair(number: int) -> Pair:
    """A dark disc on a light ground, 60 x 80."""
    rows, columns = np.mgrid[0:60, 0:80]
    inside = (rows - 30) ** 2 + (columns - 30 - number % 20) ** 2 < 15**2
    image = np.full((60, 80, 3), 200, np.uint8)
    image[inside] = (40, 60, 90)
    return Pair(f"disc_{number}", image, inside.astype(np.uint8) * 255)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_the_validation_split_depends_on_the_name_alone() -> None:
    names = [f"ILSVRC2012_test_{i:08}" for i in range(5000)]
    share = np.mean([is_validation(name) for name in names])
    assert 0.015 < share < 0.025
    # A split that moved would let a model be checked on what it has learned.
    assert [n for n in names if is_validation(n)][:3] == FIRST_VALIDATION_NAMES


def test_a_pair_without_its_mask_stops_the_training(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "a.png")
    with pytest.raises(FileNotFoundError, match=r"a\.png has no mask"):
        load_pairs(tmp_path / "images", tmp_path / "masks")


def test_letterbox_is_the_frame_that_sam_predictor_shows() -> None:
    view = letterbox(disc_pair(0), 160)
    assert view.content_hw == (120, 160)
    assert view.image.shape == (160, 160, 3)
    assert (view.image[120:] == (124, 116, 104)).all()  # SAM's pixel mean, zero when normalised
    assert not view.mask[120:].any()
    assert view.mask[60, 60] == 255  # the disc's centre at (30, 30), twice as large


def test_random_views_keep_the_object_in_sight(rng: np.random.Generator) -> None:
    for _ in range(30):
        view = random_view(disc_pair(3), 96, rng)
        assert (view.mask > 127).sum() >= 0.004 * 96 * 96


def test_prompts_lie_where_they_say(rng: np.random.Generator) -> None:
    views = [random_view(disc_pair(i), 96, rng) for i in range(8)]
    prompts = sample_prompts(views, rng)
    for view, points, on_object in zip(views, prompts.points, prompts.on_object, strict=True):
        inside = [view.mask[int(y), int(x)] > 127 for x, y in points]
        assert inside == list(on_object) == [True, True, False]


def test_a_box_without_jitter_encloses_the_object_exactly() -> None:
    mask = np.zeros((32, 32), np.uint8)
    mask[4:10, 6:20] = 255
    view = View(np.zeros((32, 32, 3), np.uint8), mask, (32, 32))
    boxes = [
        sample_prompts([view], np.random.default_rng(seed)).boxes[0].tolist() for seed in range(20)
    ]
    assert [6.0, 4.0, 20.0, 10.0] in boxes  # xyxy; three in ten boxes have no jitter


def test_mask_loss_is_small_for_the_truth_and_large_for_its_opposite() -> None:
    target = torch.zeros(1, 8, 8)
    target[:, 2:6, 2:6] = 1
    logits = (target - 0.5) * 40
    assert mask_loss(logits, target).item() == pytest.approx(0, abs=1e-3)
    assert mask_loss(-logits, target).item() > 10


def test_mask_iou_by_hand() -> None:
    target = torch.tensor([[1.0, 1.0, 0.0, 0.0]])
    logits = torch.tensor([[1.0, -1.0, 1.0, -1.0]])
    assert mask_iou(logits, target).item() == pytest.approx(1 / 3)  # one shared, three in all


def test_a_point_beside_the_object_teaches_a_score_of_zero_and_no_mask() -> None:
    logits = torch.randn(1, 4, 8, 8, requires_grad=True)
    scores = torch.full((1, 4), 0.9, requires_grad=True)
    losses = prompt_loss(logits, scores, torch.ones(1, 1, 8, 8), torch.tensor([False]))
    assert losses["mask"].item() == 0
    assert losses["score"].item() == pytest.approx(0.81)


def test_decode_agrees_with_sams_own_decoder() -> None:
    torch.manual_seed(0)
    sam = build_tiny(SMALL)
    points = torch.tensor([[[10.0, 12.0]], [[40.0, 30.0]]])
    sparse, dense = sam.prompt_encoder((points, torch.ones(2, 1)), None, None)
    embedding = torch.randn(1, 128, 4, 4)
    with torch.no_grad():
        ours = decode(sam, embedding, sparse, dense)
        own = sam.mask_decoder.predict_masks(
            embedding, sam.prompt_encoder.get_dense_pe(), sparse, dense
        )
    for mine, theirs in zip(ours, own, strict=True):
        assert torch.allclose(mine, theirs, atol=1e-5)


def test_frames_grow_while_training_goes_on() -> None:
    config = TrainConfig(steps=100, frame_sizes=(64, 96), frame_shares=(0.4, 0.6))
    assert [frame_size(config, s) for s in (0, 39, 40, 99)] == [64, 64, 96, 96]


def test_the_learning_rate_warms_up_and_falls_to_a_hundredth() -> None:
    config = TrainConfig(steps=1000, learning_rate=1.0, warmup_steps=100)
    assert learning_rate(config, 0) == pytest.approx(0.01)
    assert learning_rate(config, 100) == pytest.approx(1.0)
    assert learning_rate(config, 1000) == pytest.approx(0.01)


@pytest.mark.slow
def test_a_short_training_learns_resumes_and_exports(tmp_path: Path) -> None:
    pairs = [disc_pair(i) for i in range(80)]
    assert any(is_validation(p.name) for p in pairs)
    config = TrainConfig(
        steps=6, batch_size=4, warmup_steps=2, frame_sizes=(64,), frame_shares=(1.0,),
        validate_every=6,
    )  # fmt: skip
    train(pairs, config, tmp_path)
    stopped = Trainer(config, tmp_path)
    stopped.resume()
    assert stopped.step == 6

    longer = replace(config, steps=12, validate_every=12)
    sam = train(pairs, longer, tmp_path)
    rows = (tmp_path / "curve.csv").read_text().splitlines()
    assert rows[0].startswith("step,frame,loss_saliency")
    assert [row.split(",")[0] for row in rows[1:]] == ["6", "12"]
    losses = [float(row.split(",")[2]) for row in rows[1:]]
    assert losses[1] < losses[0]

    file = tmp_path / "mine.safetensors"
    export(sam, TinyArchitecture(), file, {})
    loaded = build(locate(str(file)))
    assert loaded.image_encoder.img_size == TinyArchitecture().img_size
