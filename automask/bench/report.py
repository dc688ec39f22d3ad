"""The report as JSON, down to the seconds of each image."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from automask.bench.bench import Report
from automask.bench.figures import Measured
from automask.bench.summary import COLLECTION, Parity, Ratio, Summary
from automask.system.files import write_text

SCHEMA = 1  # raised when a reader of the file would have to change


def write_json(file: Path, report: Report) -> None:
    """Writes the report, whole or not at all. Raises OutputError."""
    write_text(file, json.dumps(to_json(report), indent=1, default=str) + "\n")


def to_json(report: Report) -> dict[str, Any]:
    """Options, measurements and results; seconds, MiB and images per hour."""
    both = zip(report.measured, report.summaries, strict=True)
    return {
        "schema": SCHEMA,
        "options": asdict(report.options),
        "machine": report.machine,
        "images": report.images,
        "collection": COLLECTION,
        "variants": [_variant(measured, summary) for measured, summary in both],
        "ratios": [_ratio(ratio) for ratio in report.ratios],
        "parity": [_parity(parity) for parity in report.parities],
    }


def _variant(measured: Measured, summary: Summary) -> dict[str, Any]:
    return {
        "name": measured.variant.name,
        **asdict(measured.variant),
        "random_weights": measured.is_random,
        "model_sha256": measured.model_sha256,
        "mask_settings": measured.mask_settings,
        "generator_settings": measured.generator_settings,
        "workers": measured.workers,
        "threads": measured.threads,
        "dtype": measured.dtype,
        **asdict(summary),
        "cold_start": asdict(measured.cold_start),
        "memory_mb": measured.memory_mb,
        "gpu_memory_mb": measured.gpu_memory_mb,
        "failures": [{"image": image, "error": error} for image, error in measured.failures],
        "rounds": [
            {
                "seconds_wall": turn.seconds_wall,
                "images_per_hour": turn.images_per_hour,
                "records": [asdict(record) for record in turn.records],
            }
            for turn in measured.turns
        ],
    }


def _ratio(ratio: Ratio) -> dict[str, Any]:
    names = {"reference": ratio.reference.name, "other": ratio.other.name}
    return {**asdict(ratio), **names}


def _parity(parity: Parity) -> dict[str, Any]:
    return {**asdict(parity), "first": parity.first.name, "second": parity.second.name}
