"""Two runs over three photographs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from compare_runs import HERE, MOVED, Finished, a_run

from automask.records import ImageRecord

if TYPE_CHECKING:
    from conftest import RecordMaker


@pytest.fixture
def finished(make_record: RecordMaker) -> Finished:
    """A function that makes the record of an image by its stem, whose mask was kept."""

    def make(stem: str, **changes: Any) -> ImageRecord:
        known = {"image": f"{stem}.jpg", "output": f"masks/{stem}.png", "kinds": ("mask",)}
        return make_record(**{**known, **changes})

    return make


@pytest.fixture
def run_a(tmp_path: Path, finished: Finished) -> Path:
    """Three images, one after the other, 2 s each: 6 s, 1,800 images an hour."""
    records = [
        finished(stem, seconds_total=2.0, started_at=f"2024-05-01T10:00:0{2 * place}.000+00:00")
        for place, stem in enumerate("abc")
    ]
    described = {"config": {"points": "few"}, "mask_settings": {"rules": 4}, "device_name": "Xeon"}
    masks = {"a": HERE, "b": HERE, "c": HERE}
    return a_run(tmp_path / "A", records, masks, described=described)


@pytest.fixture
def run_b(tmp_path: Path, finished: Finished) -> Path:
    """The same in half the time; b's mask has moved (IoU 0.6), in c it found no object."""
    records = [
        finished("a", seconds_total=1.0, started_at="2024-05-02T10:00:00.000+00:00"),
        finished("b", seconds_total=1.0, started_at="2024-05-02T10:00:01.000+00:00"),
        finished(
            "c", seconds_total=1.0, started_at="2024-05-02T10:00:02.000+00:00", status="no_object"
        ),
    ]
    described = {"config": {"points": "full"}, "mask_settings": {"rules": 4}, "device_name": "H200"}
    return a_run(tmp_path / "B", records, {"a": HERE, "b": MOVED}, described=described)
