"""The two runs, the images they share, and the settings that differ."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automask.config import flat
from automask.errors import UsageError
from automask.output.ledger import load_records
from automask.output.run_json import max_pixels, read_run_json
from automask.records import ImageRecord
from automask.tabular.batches import ledgers

# Entries of `run.json` that are specific to one run, or repeated in it.
LEFT_OUT = frozenset({"config", "mask_settings", "command", "started_at", "model_file"})
LEFT_OUT_OF_CONFIG = frozenset({"output", "overwrite"})


@dataclass(frozen=True)
class Run:
    """One output folder of automask."""

    name: str  # A or B
    folder: Path
    records: dict[str, ImageRecord]  # by image; at least one
    described: dict[str, Any]  # run.json; empty where there is none

    @property
    def max_pixels(self) -> int:
        """Of a photograph and its masks."""
        return max_pixels(self.described)

    @property
    def settings(self) -> dict[str, str]:
        """Settings, versions and machine, by dotted names."""
        config = flat(_part(self.described, "config"))
        asked = {name: v for name, v in config.items() if name not in LEFT_OUT_OF_CONFIG}
        rest = {name: v for name, v in self.described.items() if name not in LEFT_OUT}
        # `mask_settings` override the config: a file's digest says more than its path.
        known = {**asked, **_part(self.described, "mask_settings"), **flat(rest)}
        return {name: _words(value) for name, value in known.items()}


@dataclass(frozen=True)
class Pairing:
    """Which images are compared."""

    both: tuple[str, ...]  # of both runs, the same photograph
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    changed: tuple[str, ...]  # of both runs, but the file had another size: not compared
    touched: tuple[str, ...]  # among `both`: the file's time has changed, its size has not


def read_run(folder: Path, name: str) -> Run:
    """A run from its output folder. Raises UsageError where it holds no records."""
    ledgers(folder)
    records = load_records(folder)
    if not records:
        raise UsageError(f"{name}: {folder} has no records yet: wait until an image is finished")
    return Run(name, folder, records, read_run_json(folder))


def pair(a: Run, b: Run) -> Pairing:
    """The images of two runs, by name. Raises UsageError where they have none in common."""
    shared = sorted(a.records.keys() & b.records.keys())
    if not shared:
        examples = " and ".join(f"{run.name} has {min(run.records)!a}" for run in (a, b))
        raise UsageError(
            f"the two runs have no image in common ({examples}): compare runs over the same input "
            "folder"
        )
    bytes_differ = _differing(a, b, shared, "input_bytes")
    times_differ = _differing(a, b, shared, "input_mtime_ns")
    return Pairing(
        both=tuple(image for image in shared if image not in bytes_differ),
        only_a=tuple(sorted(a.records.keys() - b.records.keys())),
        only_b=tuple(sorted(b.records.keys() - a.records.keys())),
        changed=tuple(sorted(bytes_differ)),
        touched=tuple(sorted(times_differ - bytes_differ)),
    )


def differing_settings(a: Run, b: Run) -> tuple[tuple[str, str, str], ...]:
    """Name and both values of each setting that differs; empty text where a run has none."""
    ours, theirs = a.settings, b.settings
    names = (*ours, *(name for name in theirs if name not in ours))
    rows = ((name, ours.get(name, ""), theirs.get(name, "")) for name in names)
    return tuple(row for row in rows if row[1] != row[2])


def _differing(a: Run, b: Run, images: Iterable[str], field: str) -> set[str]:
    """Images whose two records have different numbers in a field; -1 means unknown."""
    values = ((i, getattr(a.records[i], field), getattr(b.records[i], field)) for i in images)
    return {image for image, one, other in values if one != other and min(one, other) >= 0}


def _part(described: dict[str, Any], name: str) -> dict[str, Any]:
    part = described.get(name)
    return part if isinstance(part, dict) else {}


def _words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
