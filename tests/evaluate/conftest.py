"""Two folders of masks, and an output of automask, in miniature."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from eval_folders import EMPTY, MOVED, TRUTH, drawn, folder, save

from automask.output.ledger import RecordWriter, load_records

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Three true masks of two data sets."""
    return folder(tmp_path / "true", a_1=TRUTH, a_2=TRUTH, b_1=TRUTH)


@pytest.fixture
def predicted(tmp_path: Path) -> Path:
    """What was predicted for them: IoU 1, 0.6 and 0."""
    return folder(tmp_path / "predicted", a_1=TRUTH, a_2=MOVED, b_1=EMPTY)


@pytest.fixture
def mixed(output: Path) -> Path:
    """That output, but the newest run has kept of b_1 a trimap alone, its object in the place."""
    (output / "masks" / "b_1.png").unlink()
    save(output / "trimaps" / "b_1.png", drawn(TRUTH, 7, 8, 9))
    described = {"config": {"trimap": {"values": [7, 8, 9]}}}
    (output / "run.json").write_text(json.dumps(described))
    old = load_records(output)["b_1.jpg"]
    with RecordWriter(output / "records" / "run.jsonl") as ledger:
        ledger.append(replace(old, kinds=("trimap",), output="trimaps/b_1.png", generation=2))
    return output


@pytest.fixture
def output(tmp_path: Path, make_record: RecordMaker) -> Path:
    """The same as an output of automask: confidence 0.9, 0.7 and 0.2, a flag on the last."""
    root = tmp_path / "output"
    folder(root / "masks", a_1=TRUTH, a_2=MOVED, b_1=EMPTY)
    known: tuple[tuple[str, float, tuple[str, ...]], ...] = (
        ("a_1", 0.9, ()),
        ("a_2", 0.7, ()),
        ("b_1", 0.2, ("tiny",)),
    )
    with RecordWriter(root / "records" / "run.jsonl") as ledger:
        for name, confidence, flags in known:
            ledger.append(
                make_record(
                    image=f"{name}.jpg",
                    output=f"masks/{name}.png",
                    kinds=("mask", "trimap"),
                    confidence=confidence,
                    flags=flags,
                )
            )
    return root
