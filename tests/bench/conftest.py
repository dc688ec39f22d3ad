"""What a bench measured, made up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from automask.bench.bench import Report
from automask.bench.figures import ColdStart, Measured, Turn, Variant
from automask.bench.summary import Parity, parity, ratios, summarise
from automask.bench.variants import Options
from automask.records import ImageRecord

MeasuredMaker = Callable[..., Measured]
ReportMaker = Callable[..., Report]


@pytest.fixture
def make_measured(make_record: Callable[..., ImageRecord]) -> MeasuredMaker:
    """A function that makes what was seen of a variant whose turns took so many seconds.

    Each turn has two images, a.jpg and b.jpg, unless `records` are given for all of them.
    """

    def make(
        name: str = "tiny cpu fast",
        seconds: Sequence[float] = (2.0,),
        records: Sequence[ImageRecord] | None = None,
        **changes: Any,
    ) -> Measured:
        seen = tuple(records or (make_record(image="a.jpg"), make_record(image="b.jpg")))
        values: dict[str, Any] = {
            "variant": Variant(*name.split()),
            "is_random": False,
            "workers": 2,
            "threads": 1,
            "model_sha256": "ab" * 32,
            "mask_settings": {"generator": "fast"},
            "generator_settings": {"points_per_side": 32},
            "cold_start": ColdStart(3.0, 1.0, 6.0),
            "turns": tuple(Turn(wall, seen) for wall in seconds),
            "memory_mb": 900.0,
            "gpu_memory_mb": None,
            "output": Path("nowhere"),
        }
        return Measured(**{**values, **changes})

    return make


@pytest.fixture
def make_report(make_measured: MeasuredMaker) -> ReportMaker:
    """A function that makes the report of what was measured; by default fast against stock."""

    def make(
        measured: list[Measured] | None = None, parities: list[Parity] | None = None
    ) -> Report:
        seen = measured or [
            make_measured("tiny cpu stock", (8.0, 8.0, 9.0)),
            make_measured("tiny cpu fast", (2.0, 2.0, 2.0)),
        ]
        alike = parity(seen[0].variant, seen[-1].variant, {"a.jpg": 0.9, "b.jpg": 1.0})
        return Report(
            options=Options(images=Path("photos")),
            machine={
                "cpu": "A Processor",
                "cores": 2,
                "versions": {"torch": "2.4.0+cpu"},
                "devices": {"cpu": "A Processor", "cuda:0": "A Card"},
            },
            images=2,
            measured=seen,
            summaries=[summarise(m) for m in seen],
            ratios=ratios(seen),
            parities=[alike] if parities is None else parities,
        )

    return make
