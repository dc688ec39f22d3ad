"""Fixtures of the tests of students."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from export_runs import NOTHING, RING, Run
from training_sets import write_discs

from automask.records import ImageRecord


@pytest.fixture
def discs(tmp_path: Path) -> Path:
    """Twelve photographs with masks."""
    return write_discs(tmp_path / "discs", 12)


@pytest.fixture
def run(tmp_path: Path, make_record: Callable[..., ImageRecord]) -> Run:
    """An output: a sure mask, an unsure one, one where nothing was found, one that failed."""
    made = Run(tmp_path, make_record)
    made.add("sure.png", RING, kind="trimap", confidence=0.9)
    made.add("unsure.png", RING, kind="trimap", confidence=0.2)
    made.add("none.png", NOTHING, kind="trimap", status="no_object", confidence=0.0)
    failed = {"status": "failed", "error": "damaged", "output": None, "kinds": (), "width": None}
    made.write(make_record(image="torn.png", **failed))
    return made
