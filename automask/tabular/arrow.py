"""The records as Arrow tables, for Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from automask.records import ImageRecord
from automask.tabular.columns import Kind, columns
from automask.tabular.extra import require

WHO = "a Parquet file"


def schema() -> Any:
    """A pyarrow.Schema with a column for each field of a record."""
    pa = require("pyarrow", WHO)
    types = {
        Kind.TEXT: pa.string(),
        Kind.CATEGORY: pa.dictionary(pa.int32(), pa.string()),
        Kind.INSTANT: pa.timestamp("ms", tz="UTC"),
        Kind.INTEGER: pa.int64(),
        Kind.NUMBER: pa.float64(),
        Kind.TRUTH: pa.bool_(),
        Kind.TEXTS: pa.list_(pa.string()),
        Kind.NUMBERS: pa.list_(pa.float64()),
    }
    return pa.schema([(name, types[kind]) for name, kind in columns().items()])


def to_batch(records: Sequence[ImageRecord]) -> Any:
    """A pyarrow.RecordBatch; bytes of names that are not UTF-8 are escaped."""
    pa = require("pyarrow", WHO)
    kinds, fields = columns(), schema()
    arrays = [
        pa.array([_value(kinds[field.name], getattr(r, field.name)) for r in records], field.type)
        for field in fields
    ]
    return pa.record_batch(arrays, schema=fields)


def _value(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    if kind in (Kind.TEXT, Kind.CATEGORY):
        return _utf8(value)
    if kind is Kind.TEXTS:
        return list(map(_utf8, value))
    if kind is Kind.NUMBERS:
        return list(value)
    return datetime.fromisoformat(value) if kind is Kind.INSTANT else value


def _utf8(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()
