"""The command `automask records`."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from automask.commands.options import Json


class Format(str, Enum):
    """File formats of records."""

    parquet = "parquet"
    csv = "csv"
    jsonl = "jsonl"


def records_command(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="Output folder of a run.")],
    out: Annotated[Path | None, typer.Option(help="Write all records to this file.")] = None,
    to: Annotated[
        Format | None, typer.Option(help="Format of the file.  (default: by its suffix)")
    ] = None,
    lowest: Annotated[
        int,
        typer.Option(
            min=1, help="Without --out: number of images to show, lowest confidence first."
        ),
    ] = 20,
    json: Json = None,
) -> None:
    """Show which images to check first, or export all records."""
    from dataclasses import asdict

    from automask.errors import UsageError
    from automask.output.verdicts import settled_images
    from automask.show.console import make_console, shown
    from automask.show.grid import print_grid
    from automask.system.files import refuse_unwritable, write_json
    from automask.tabular.batches import read_batches
    from automask.tabular.files import format_of, write_records
    from automask.tabular.first import check_first, count_line, first_grid

    console = make_console()
    if out is not None and json is not None:
        raise UsageError("--out writes all records, --json the first: give one of the two")
    if out is None and to is not None:
        raise UsageError(f"--to {to.value} needs --out FILE")
    if out is None:
        first = check_first(read_batches(output), lowest, settled_images(output))
        if json is not None:
            counts, records = dict(first.counts), [asdict(record) for record in first.records]
            write_json(json, {"counts": counts, "check_first": records})
            return
        console.print(count_line(first))
        print_grid(console, first_grid(first))
        return
    form = format_of(out, to.value if to else None)
    refuse_unwritable(out, "--out")
    count = write_records(output, out, form)
    console.print(shown(f"written: {out}, {count:,} records"))
