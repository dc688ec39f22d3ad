"""The kind of value in each column, inferred from the fields of a record.

The comments beside the fields say what they mean; docs/reference/records.md is made from them.
"""

from __future__ import annotations

from dataclasses import fields
from enum import Enum, auto
from functools import cache
from typing import get_type_hints

from automask.records import ImageRecord


class Kind(Enum):
    """The type of a column's values."""

    TEXT = auto()
    CATEGORY = auto()  # text of few different values
    INSTANT = auto()  # ISO 8601 with its offset
    INTEGER = auto()
    NUMBER = auto()
    TRUTH = auto()
    TEXTS = auto()  # a list of texts
    NUMBERS = auto()  # a list of numbers


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
    tuple[float, ...]: Kind.NUMBERS,
}


@cache
def columns() -> dict[str, Kind]:
    """The kind of each field of a record by name, in the order of the fields."""
    types = get_type_hints(ImageRecord)
    return {f.name: _kind(f.name, types[f.name]) for f in fields(ImageRecord)}


def _kind(name: str, annotation: object) -> Kind:
    if name in CATEGORIES:
        return Kind.CATEGORY
    if name in INSTANTS:
        return Kind.INSTANT
    return _BY_TYPE[annotation]
