"""The records as a pandas DataFrame."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automask.tabular.batches import read_batches
from automask.tabular.columns import Kind, columns
from automask.tabular.extra import require

if TYPE_CHECKING:
    import pandas as pd

DTYPES = {
    Kind.TEXT: "object",  # not pandas' own text, which cannot hold names that are not UTF-8
    Kind.TEXTS: "object",
    Kind.NUMBERS: "object",
    Kind.INTEGER: "Int64",
    Kind.NUMBER: "Float64",
    Kind.TRUTH: "boolean",
}


def load_records(output: str | os.PathLike[str]) -> pd.DataFrame:
    """The newest record of each image of an output folder, a row each, sorted by name.

    Args:
        output: An output folder.

    Returns:
        A DataFrame with a column for each field of `automask.records.ImageRecord`: `status`,
        `model`, `device` and the like are categories, `started_at` is a time in UTC, numbers are
        `Int64` and `Float64` with NA where nothing was measured, `flags` and `kinds` are lists, and
        `image`, `output` and `error` are str objects, which hold file names that are not UTF-8.

    Raises:
        UsageError: The folder has no records.
        InstallationError: pandas is missing.
    """
    pandas = require("pandas", "automask.load_records")
    parts: dict[str, list[Any]] = defaultdict(list)
    for batch in read_batches(Path(output)):
        for name, kind in columns().items():
            parts[name].append(_part(pandas, kind, list(map(attrgetter(name), batch))))
    return pandas.DataFrame(
        {name: _whole(pandas, kind, parts[name]) for name, kind in columns().items()}
    )


def _part(pandas: Any, kind: Kind, values: list[Any]) -> Any:
    """The values of one batch, in little memory."""
    if kind is Kind.INSTANT:
        return pandas.Series(pandas.to_datetime(values, utc=True, format="ISO8601"))
    if kind is Kind.CATEGORY:
        same: dict[Any, Any] = {}
        return [same.setdefault(value, value) for value in values]
    if kind in (Kind.TEXTS, Kind.NUMBERS):
        values = list(map(list, values))
    return pandas.Series(values, dtype=DTYPES[kind])


def _whole(pandas: Any, kind: Kind, parts: Sequence[Any]) -> Any:
    if kind is Kind.CATEGORY:
        return pandas.Categorical([value for part in parts for value in part])
    return pandas.concat(parts, ignore_index=True)
