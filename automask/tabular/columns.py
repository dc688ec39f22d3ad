"""What kind of value each column holds: told from the fields of a record, so that none is missed.

docs/records.md says what each of them means.
"""

from __future__ import annotations

from dataclasses import fields
from enum import Enum, auto
from functools import cache
from typing import get_type_hints

from automask.records import ImageRecord


class Kind(Enum):
    """How the values of a column are held."""

    TEXT = auto()
    CATEGORY = auto()  # text of few different values
    INSTANT = auto()  # ISO 8601 with its offset
    INTEGER = auto()
    NUMBER = auto()
    TRUTH = auto()
    TEXTS = auto()  # several texts, or none


CATEGORIES = frozenset(
    {"status", "model", "model_sha256", "device", "dtype", "generator", "worker", "settings"}
)
INSTANTS = frozenset({"started_at"})
_BY_TYPE: dict[object, Kind] = {
    str: Kind.TEXT,
    str | None: Kind.TEXT,
    int: Kind.INTEGER,
    int | None: Kind.INTEGER,
    float: Kind.NUMBER,
    float | None: Kind.NUMBER,
    bool: Kind.TRUTH,
    bool | None: Kind.TRUTH,
    tuple[str, ...]: Kind.TEXTS,
}


@cache
def columns() -> dict[str, Kind]:
    """The kind of each field of a record, by its name, in their order."""
    types = get_type_hints(ImageRecord)
    return {f.name: _kind(f.name, types[f.name]) for f in fields(ImageRecord)}


def _kind(name: str, annotation: object) -> Kind:
    if name in CATEGORIES:
        return Kind.CATEGORY
    if name in INSTANTS:
        return Kind.INSTANT
    return _BY_TYPE[annotation]
