"""The records as one file: Parquet, CSV or JSON Lines, in batches, atomically."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from automask.errors import OutputError, UsageError
from automask.records import ImageRecord, to_line
from automask.show.spreadsheet import cell
from automask.system.files import replacing
from automask.tabular.arrow import schema, to_batch
from automask.tabular.batches import read_batches
from automask.tabular.columns import Kind, columns
from automask.tabular.extra import require

Batches = Iterable[list[ImageRecord]]
SUFFIXES = {"parquet": ".parquet", "csv": ".csv", "jsonl": ".jsonl"}


def format_of(file: Path, asked: str | None) -> str:
    """The format of a file: as given, or by its suffix. Raises UsageError."""
    if asked is not None:
        return asked
    for form, suffix in SUFFIXES.items():
        if file.suffix == suffix:
            return form
    raise UsageError(
        f"--out {file.name!a}: in what format? Let its name end in {', '.join(SUFFIXES.values())}, "
        f"or say --to {'|'.join(SUFFIXES)}"
    )


def write_records(output: Path, file: Path, form: str) -> int:
    """Write the newest record of each image, sorted by name.

    Args:
        output: An output folder.
        file: The file to write.
        form: A key of SUFFIXES.

    Returns:
        The number of records.

    Raises:
        UsageError: There are no records.
        InstallationError: pyarrow is missing.
        OutputError: The file cannot be written.
    """
    write: dict[str, Callable[[Path, Batches], None]] = {
        "parquet": _write_parquet,
        "csv": _write_csv,
        "jsonl": _write_lines,
    }
    count = _Count()
    try:
        with replacing(file) as partial:
            write[form](partial, count.of(read_batches(output, file.absolute().parent)))
    except OSError as error:
        raise OutputError(f"cannot write {file}: {error.strerror}") from error
    return count.records


class _Count:
    """Counts the records that pass."""

    records = 0

    def of(self, batches: Batches) -> Iterator[list[ImageRecord]]:
        for batch in batches:
            self.records += len(batch)
            yield batch


def _write_parquet(file: Path, batches: Batches) -> None:
    parquet = require("pyarrow.parquet", "a Parquet file")
    with parquet.ParquetWriter(file, schema(), compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(to_batch(batch))


def _write_csv(file: Path, batches: Batches) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns())
        for batch in batches:
            writer.writerows([_cell(r, *column) for column in columns().items()] for r in batch)


def _write_lines(file: Path, batches: Batches) -> None:
    with file.open("w", encoding="ascii") as text:
        for batch in batches:
            text.writelines(map(to_line, batch))


def _cell(record: ImageRecord, name: str, kind: Kind) -> Any:
    """A number, text that no spreadsheet executes, or nothing."""
    value = getattr(record, name)
    if value is None:
        return ""
    if kind in (Kind.INTEGER, Kind.NUMBER, Kind.TRUTH):
        return value
    if kind is Kind.NUMBERS:
        return " ".join(map(str, value))
    return cell(" ".join(value) if kind is Kind.TEXTS else value)
