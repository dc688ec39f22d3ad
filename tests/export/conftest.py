"""Fixtures of the tests of exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from export_runs import NOTHING, PIECES, RING, Run

from automask.records import ImageRecord


@pytest.fixture
def empty_run(tmp_path: Path, make_record: Callable[..., ImageRecord]) -> Run:
    """An output to which a test adds what it needs."""
    return Run(tmp_path, make_record)


@pytest.fixture
def run(empty_run: Run) -> Run:
    """Two folders with a photograph of one name each, one without an object, one that failed."""
    empty_run.add("bags/a.jpg", PIECES, confidence=0.25)
    empty_run.add("bags/none.jpg", NOTHING, status="no_object", confidence=0.0)
    empty_run.add("shoes/a.jpg", RING, confidence=0.75)
    failed = {"status": "failed", "error": "damaged", "output": None, "kinds": (), "width": None}
    empty_run.write(empty_run.make_record(image="shoes/torn.jpg", **failed))
    return empty_run


DRAWN = {"bags/a.jpg": PIECES, "bags/none.jpg": NOTHING, "shoes/a.jpg": RING}


@pytest.fixture
def drawn() -> dict[str, tuple[str, ...]]:
    """The drawings of `run` by image."""
    return DRAWN
