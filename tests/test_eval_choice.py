"""The table of rules: literal proposals with known IoU."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from automask import eval_choice
from automask.config import RunConfig
from automask.errors import UsageError
from automask.eval_choice import (
    Row,
    argmax_predicted_iou,
    dataset_of,
    evaluate,
    largest_inside,
    print_table,
)
from automask.records import Proposal


def box(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros((20, 20), np.bool_)
    mask[top:bottom, left:right] = True
    return mask


OBJECT = box(5, 5, 15, 15)
HALF = box(5, 5, 15, 10)  # IoU with OBJECT 0.5
BACKDROP = ~OBJECT  # IoU with OBJECT 0
PROPOSALS = [Proposal(BACKDROP, 0.99, 0.99), Proposal(OBJECT, 0.9, 0.95), Proposal(HALF, 0.8, 0.9)]


class FakeProposer:
    max_side = 0

    def propose(self, _image: np.ndarray) -> tuple[list[Proposal], dict[str, float]]:
        return PROPOSALS, {}


@pytest.fixture
def labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(eval_choice, "proposer_for", lambda _config: FakeProposer())
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (20, 20)).save(tmp_path / "images" / "set_1.png")
    Image.fromarray(OBJECT.astype(np.uint8) * 255).save(tmp_path / "masks" / "set_1.png")
    return tmp_path


def config_of(root: Path) -> RunConfig:
    return RunConfig(input=root / "images", output=root)


def test_argmax_takes_the_highest_predicted_iou() -> None:
    assert argmax_predicted_iou(PROPOSALS) == 0
    assert argmax_predicted_iou([]) is None


def test_largest_inside_leaves_out_what_touches_the_border() -> None:
    assert largest_inside(PROPOSALS) == 1
    assert largest_inside([PROPOSALS[0]]) == 0


def test_each_rule_gets_the_iou_of_what_it_chose(labelled: Path) -> None:
    (row,) = evaluate(config_of(labelled), labelled / "masks", Console(quiet=True))
    assert (row.argmax, row.chosen, row.largest, row.oracle) == (0.0, 1.0, 1.0, 1.0)
    assert row.dataset == "set"
    assert row.proposals == 3


def test_a_missing_true_mask_is_told(labelled: Path) -> None:
    with pytest.raises(UsageError, match=r"set_1\.png cannot be read"):
        evaluate(config_of(labelled), labelled / "images" / "none", Console(quiet=True))


def test_a_data_set_is_the_name_before_the_underscore() -> None:
    assert dataset_of("ecssd_0001") == "ecssd"
    assert dataset_of("photo") == "all"


def test_the_table_says_what_confidence_is_worth() -> None:
    console = Console(file=io.StringIO(), width=200)
    rows = [
        Row("a_1.jpg", "a", 3, chosen, 0.1, 0.2, 0.95, confidence, 0.8, "")
        for chosen, confidence in ((0.9, 0.8), (0.7, 0.5), (0.2, 0.4))
    ]
    print_table(console, rows)
    shown = console.file.getvalue()
    assert "confidence 0.5 and more: 2 images, mean IoU of the chosen mask 0.800" in shown
    assert "confidence below 0.5: 1 images, mean IoU of the chosen mask 0.200" in shown
