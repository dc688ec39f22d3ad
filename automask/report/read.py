"""What an output folder tells of its run: records, `run.json`, and where the photographs are."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automask.errors import UsageError
from automask.image.scan import scan
from automask.records import FAILED, NO_OBJECT, OK, ImageRecord, load_records
from automask.summary import LOW_CONFIDENCE


@dataclass(frozen=True)
class Run:
    """Everything that is known of a run."""

    output: Path
    records: tuple[ImageRecord, ...]  # in the order of their names' bytes
    described: dict[str, Any]  # `run.json`; empty where there is none
    photographs: Path | None  # the input folder; None: it is not where it was
    missing: int | None  # photographs of the input without a record; None: it cannot be told

    def setting(self, *names: str) -> Any:
        """A value of `run.json` by its path, e.g. ("config", "trimap"); None where it is not."""
        value: Any = self.described
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return value


def read_run(output: Path, photographs: Path | None = None) -> Run:
    """Reads an output folder. photographs: where they are now; None: as `run.json` has it.

    Raises UsageError where the folder holds no record, or `photographs` is no folder.
    """
    if photographs is not None and not photographs.is_dir():
        raise UsageError(f"--images {photographs} is not a folder")
    by_image = load_records(output)
    if not by_image:
        raise UsageError(f"{output} holds no records of a run: name an OUTPUT of `automask run`")
    records = tuple(sorted(by_image.values(), key=lambda record: os.fsencode(record.image)))
    described = _described(output / "run.json")
    run = Run(output, records, described, None, None)
    folder = photographs or _input_folder(run)
    return Run(output, records, described, folder, _missing(run, folder))


def needs_look(record: ImageRecord) -> bool:
    """Whether a person should look at it: failed, nothing found, not sure, or flagged."""
    return record.status != OK or (record.confidence or 0.0) < LOW_CONFIDENCE or bool(record.flags)


def review_queue(records: Iterable[ImageRecord]) -> list[ImageRecord]:
    """What to look at, first what is most likely wrong: failures, no object, lowest confidence."""
    rank = {FAILED: 0, NO_OBJECT: 1, OK: 2}
    return sorted(
        filter(needs_look, records),
        key=lambda record: (rank[record.status], record.confidence or 0.0),
    )


def _described(file: Path) -> dict[str, Any]:
    try:
        described = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # a page without settings is better than none
        return {}
    return described if isinstance(described, dict) else {}


def _input_folder(run: Run) -> Path | None:
    """The input folder as the run was told it: relative to where that command was given."""
    named = run.setting("config", "input")
    folder = Path(named) if isinstance(named, str) else None
    return folder if folder is not None and folder.is_dir() else None


def _missing(run: Run, folder: Path | None) -> int | None:
    """How many photographs of the folder no record tells of; with a limit, of its first ones."""
    if folder is None:
        return None
    jobs = scan(folder, skip=run.output, keep_extension=True)
    known = {record.image for record in run.records}
    return sum(job.image not in known for job in jobs[: run.setting("config", "limit")])
