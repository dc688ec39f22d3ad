"""How many images are needed: the sentence and the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from automask.train.learning_curve import LearningCurve, SizeFigures, picture, sentences


def curve(*sizes: SizeFigures) -> LearningCurve:
    return LearningCurve(Path("s"), "iou", "test", sizes, Path("s/student.safetensors"))


def test_the_sentence_says_what_more_images_gain() -> None:
    few, many = SizeFigures(161, (0.8,), (60.0,)), SizeFigures(711, (0.83,), (200.0,))
    assert sentences(curve(few, many)) == ["from 161 to 711 images: 0.030 IoU more"]


def test_a_gain_that_seeds_could_make_is_called_so() -> None:
    few, many = SizeFigures(10, (0.7, 0.8), (1, 1)), SizeFigures(20, (0.72, 0.82), (1, 1))
    assert sentences(curve(few, many)) == [
        "from 10 to 20 images: 0.020 IoU more, no more than seeds differ"
    ]


def test_a_loss_is_said_as_well() -> None:
    few, many = SizeFigures(10, (0.7, 0.71), (1, 1)), SizeFigures(20, (0.5, 0.51), (1, 1))
    assert sentences(curve(few, many)) == ["from 10 to 20 images: 0.200 IoU less"]


def test_the_deviation_is_that_between_seeds() -> None:
    assert SizeFigures(10, (0.7, 0.8), (1, 1)).deviation == pytest.approx(0.0707, abs=1e-4)
    assert SizeFigures(10, (0.7,), (1,)).deviation == 0.0


def test_the_picture_is_one(tmp_path: Path) -> None:
    file = tmp_path / "sizes.png"
    file.write_bytes(picture(curve(SizeFigures(10, (0.7, 0.8), (1, 1)))))
    with Image.open(file) as image:
        assert image.size == (768, 480)
        assert len(np.unique(np.asarray(image.convert("L")))) > 20
