"""Reads an output folder: records, `run.json`, and the place of the photographs."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automask.errors import UsageError
from automask.image.left_out import Rules
from automask.image.names import normal
from automask.image.scan import scan_part
from automask.output.attention import needs_look
from automask.output.ledger import load_records
from automask.output.run_json import input_folder, read_run_json, setting
from automask.output.verdicts import settled_images
from automask.records import OK, ImageRecord
from automask.sharding.shard import index_of


@dataclass(frozen=True)
class Run:
    """A run, read from its output folder."""

    output: Path
    records: tuple[ImageRecord, ...]  # sorted by the bytes of their names
    described: dict[str, Any]  # `run.json`; empty where there is none
    photographs: Path | None  # the input folder; None: not found
    missing: int | None  # photographs to be masked without a record; None: unknown
    beyond: int = 0  # others without a record, which --limit leaves out
    settled: frozenset[str] = frozenset()  # images that a person has decided about

    def needs_look(self, record: ImageRecord) -> bool:
        """Whether a person should check its result."""
        return needs_look(record, self.settled)

    def setting(self, *names: str) -> Any:
        """A value of `run.json` by its path, e.g. ("config", "trimap"); None if absent."""
        return setting(self.described, *names)


def read_run(output: Path, photographs: Path | None = None) -> Run:
    """Read an output folder.

    Args:
        output: The output folder.
        photographs: Their folder; None: as in `run.json`.

    Returns:
        The run.

    Raises:
        UsageError: The folder holds no record, or `photographs` is not a folder.
    """
    if photographs is not None and not photographs.is_dir():
        raise UsageError(f"--images {photographs} is not a folder")
    by_image = load_records(output)
    if not by_image:
        raise UsageError(f"{output} holds no records of a run: name an OUTPUT of `automask run`")
    records = tuple(sorted(by_image.values(), key=lambda record: os.fsencode(record.image)))
    described = read_run_json(output)
    run = Run(output, records, described, None, None)
    folder = photographs or _existing(input_folder(described))
    missing, beyond = _without_record(run, folder)
    return Run(output, records, described, folder, missing, beyond, settled_images(output))


def review_queue(run: Run) -> list[ImageRecord]:
    """The images to check: no object first, then lowest confidence."""
    return sorted(
        filter(run.needs_look, run.records),
        key=lambda record: (record.status == OK, record.confidence or 0.0),
    )


def _existing(folder: Path | None) -> Path | None:
    return folder if folder is not None and folder.is_dir() else None


def _without_record(run: Run, folder: Path | None) -> tuple[int | None, int]:
    """The number of photographs without a record: those to be masked, and those beyond --limit.

    --limit counts in each task of a job array separately.
    """
    if folder is None:
        return None, 0
    tasks = int(run.setting("tasks") or 1)
    limit = run.setting("config", "limit")
    known = {normal(record.image) for record in run.records}
    seen: Counter[int] = Counter()
    missing = beyond = 0
    for job in scan_part(folder, run.output, keep_extension=True, rules=_rules(run, folder)).jobs:
        task = index_of(job.image, tasks)
        seen[task] += 1
        if normal(job.image) not in known:
            is_left_out = limit is not None and seen[task] > limit
            missing, beyond = missing + (not is_left_out), beyond + is_left_out
    return missing, beyond


def _rules(run: Run, folder: Path) -> Rules:
    """What the run left out of the input."""
    patterns = (run.setting("config", "scan", name) or () for name in ("exclude", "include"))
    return Rules(folder, *patterns)
