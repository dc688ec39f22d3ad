"""Fixtures that more than one test file uses, and how tests are shared out among processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Before torch is loaded: several processes run tests, each with workers of its own.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import pytest

from automask.records import ImageRecord

LONG = ("faults", "pool", "report", "review", "serve")  # folders that begin first
CLUSTERS = {"test_slurm_array.py", "test_dask.py", "test_cluster.py"}  # daemons of a machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One file stays in one process, for its fixtures; what starts a cluster shares one group."""
    for item in items:
        group = "clusters" if item.path.name in CLUSTERS else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: (not _is_long(item), item.path.parent.name not in LONG))


def _is_long(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None and Path(item.path).parent.name in LONG


RecordMaker = Callable[..., ImageRecord]


@pytest.fixture
def make_record() -> RecordMaker:
    """A function that makes the record of one finished photograph, with the changes it is given."""

    def make(**changes: Any) -> ImageRecord:
        finished: dict[str, Any] = {
            "image": "a.jpg",
            "output": "trimaps/a.png",
            "kinds": ("trimap",),
            "status": "ok",
            "error": None,
            "width": 320,
            "height": 240,
            "model": "tiny",
            "model_sha256": "ab" * 32,
            "device": "cpu",
            "dtype": "float32",
            "generator": "fast",
            "worker": "host:1",
            "attempts": 1,
            "score": 0.75,
            "confidence": 0.5,
            "area_fraction": 0.25,
            "flags": ("touches_border",),
            "seconds_load": 0.1,
            "seconds_encode": 0.2,
            "seconds_decode": 0.3,
            "seconds_choose": 0.01,
            "seconds_refine": 0.02,
            "seconds_write": 0.03,
            "seconds_total": 0.7,
            "started_at": "2024-05-01T10:00:00.000+00:00",
            "memory_mb": 512.0,
            "input_bytes": 1000,
            "input_mtime_ns": 1_700_000_000_000_000_000,
            "settings": "0123456789abcdef",
            "objects": None,
            "steps": (),
            "generation": 1,
        }
        return ImageRecord(**{**finished, **changes})

    return make
