"""What a review was worth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from automask.evaluate.reviewed import worth
from automask.output.decisions import Decision


def written(file: Path, rows: int) -> str:
    """A mask of 10 x 10 px whose upper rows are the object."""
    mask = np.zeros((10, 10), np.uint8)
    mask[:rows] = 255
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask).save(file)
    return "masks/" + file.name


def test_where_nothing_is_settled_there_is_nothing_to_tell(tmp_path: Path) -> None:
    assert worth(tmp_path, {}) is None
    assert worth(tmp_path, {"a.jpg": Decision("a.jpg", "unsure")}) is None


def test_the_machines_masks_are_held_against_those_that_replaced_them(tmp_path: Path) -> None:
    decisions = {}
    for image, verdict, before, after in (
        ("a", "corrected", 4, 8),
        ("b", "corrected", 5, 5),
        ("c", "accepted", 9, 9),
    ):
        written(tmp_path / "machine" / "masks" / f"{image}.png", before)
        name = written(tmp_path / "masks" / f"{image}.png", after)
        decisions[image] = Decision(image, verdict, files={name: "ab" * 32}, seconds=4)
    decisions["d"] = Decision("d", "rejected", seconds=8)
    told = worth(tmp_path, decisions)
    assert told is not None
    assert (told.settled, told.changed, told.rejected, told.seconds) == (4, 2, 1, 20)
    assert told.iou == pytest.approx((4 / 8 + 1) / 2)
    assert str(told) == (
        "4 reviewed, 5 s each: 2 changed, IoU of the machine's mask with the new one 0.750, "
        "1 rejected"
    )


def test_a_file_that_is_gone_costs_its_figure_alone(tmp_path: Path) -> None:
    one = Decision("a", "corrected", files={"masks/a.png": "ab" * 32}, seconds=1)
    told = worth(tmp_path, {"a": one})
    assert told is not None
    assert (told.changed, told.iou) == (1, None)
