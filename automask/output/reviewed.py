"""The records of an output as people's decisions have changed what they are about.

The ledger keeps what the machine found; who reads results for use wants to know what is there now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from PIL import Image

from automask.image.write import FOLDERS
from automask.output.decisions import CORRECTED, NO_OBJECT, Decision
from automask.records import NO_OBJECT as NOTHING_FOUND
from automask.records import OK, ImageRecord, Status

# What the verdicts that draw a mask anew leave.
LEFT: Mapping[str, Status] = {CORRECTED: OK, NO_OBJECT: NOTHING_FOUND}


def as_reviewed(output: Path, record: ImageRecord, decision: Decision | None) -> ImageRecord:
    """A record of the results that a person left.

    Of an image whose mask was drawn by a person, whatever the machine had found, or that a person
    says has no object; other records come back as they are.
    """
    if decision is None or decision.verdict not in LEFT or not decision.files:
        return record
    status = LEFT[decision.verdict]
    files = {_kind(name): name for name in sorted(decision.files)}
    width, height = record.width, record.height
    if not width or not height:
        width, height = _size(output / next(iter(files.values())))
    first = record.output or next(iter(files.values()))
    return replace(
        record, status=status, error=None, output=first, kinds=tuple(sorted(files)),
        width=width, height=height,
    )  # fmt: skip


def all_as_reviewed(
    output: Path, records: Mapping[str, ImageRecord], decisions: Mapping[str, Decision]
) -> dict[str, ImageRecord]:
    """All records so, by image."""
    return {
        image: as_reviewed(output, record, decisions.get(image))
        for image, record in records.items()
    }


def _kind(name: str) -> str:
    """trimaps/sub/a.png -> trimap, by the folder of the results."""
    kinds = {folder: kind for kind, folder in FOLDERS.items()}
    return kinds[name.partition("/")[0]]


def _size(file: Path) -> tuple[int | None, int | None]:
    """Width and height of a PNG; None where it cannot be read."""
    try:
        with Image.open(file, formats=("PNG",)) as image:
            return image.size
    except OSError:
        return None, None
