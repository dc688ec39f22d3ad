"""What a photograph's size costs, stage by stage: `python benchmarks/sizes.py PHOTOGRAPH [COPIES]`.

Makes JPEG copies of one photograph from 250 px to 24 megapixels, masks them with one worker, and
prints the median seconds of each stage for each size; then, for the smallest size, the seconds of
the first and the last of COPIES copies (500), which tell whether a long run slows down.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from PIL import Image
from rich.console import Console
from rich.table import Table

from automask.config import RunConfig
from automask.output.ledger import load_records
from automask.records import ImageRecord
from automask.runs.runner import run

WIDTHS = (250, 500, 1000, 2000, 4000, 6000)  # px; 6000 x 4000 are 24 megapixels
REPEATS = 5  # of each size
STAGES = ("load", "encode", "decode", "choose", "refine", "write", "total")
ENDS = 50  # copies at each end of the long run that are compared


def main(photograph: Path, copies: int) -> None:
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        sizes = Path(folder) / "sizes"
        _make_sizes(photograph, sizes)
        console.print(_by_size(_masked(sizes)))
        many = Path(folder) / "many"
        _make_copies(sizes / f"{WIDTHS[0]:05d}_0.jpg", many, copies)
        totals = [r.seconds_total or 0.0 for r in _masked(many)]
        first, last = median(totals[:ENDS]), median(totals[-ENDS:])
        console.print(f"{copies} copies: first {ENDS} {first:.3f} s each, last {ENDS} {last:.3f} s")


def _make_sizes(photograph: Path, folder: Path) -> None:
    folder.mkdir()
    image = Image.open(photograph).convert("RGB")
    for width in WIDTHS:
        scaled = image.resize((width, width * 2 // 3), Image.Resampling.LANCZOS)
        for repeat in range(REPEATS):
            scaled.save(folder / f"{width:05d}_{repeat}.jpg", quality=92)


def _make_copies(file: Path, folder: Path, copies: int) -> None:
    folder.mkdir()
    for number in range(copies):
        shutil.copy(file, folder / f"{number:05d}.jpg")


def _masked(folder: Path) -> list[ImageRecord]:
    output = folder.with_name(folder.name + "-masks")
    run(RunConfig(input=folder, output=output, workers=1))
    return [record for _, record in sorted(load_records(output).items())]


def _by_size(records: list[ImageRecord]) -> Table:
    table = Table("width", "megapixels", *STAGES, "seconds a megapixel", box=None)
    for width in WIDTHS:
        rows = [r for r in records if r.width == width]
        seconds = [median(getattr(r, f"seconds_{stage}") for r in rows) for stage in STAGES]
        megapixels = width * (width * 2 // 3) / 1e6
        cells = [f"{s:.3f}" for s in seconds]
        table.add_row(str(width), f"{megapixels:.2f}", *cells, f"{seconds[-1] / megapixels:.3f}")
    return table


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 500)
