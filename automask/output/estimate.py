"""estimate: what an image takes, by what an output's own records and files have measured."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automask.image.write import FOLDERS, output_path
from automask.output.ledger import ledger_files, read_lines
from automask.records import FAILED

SAMPLED_FILES = 500  # whose size is looked at


@dataclass(frozen=True)
class Estimate:
    """Means over the images that were masked into an output."""

    measured: int  # images
    seconds_each: float  # in its worker
    bytes_each: float  # of its results on disk


def estimate(output: Path, kinds: Collection[str]) -> Estimate | None:
    """What an image takes. kinds: of results that are to be written; None: nothing is measured."""
    count, seconds = 0, 0.0
    stems: list[str] = []
    for values in _masked(output):
        count += 1
        seconds += values["seconds_total"]
        if len(stems) < SAMPLED_FILES:
            stems.append(values["output"].partition("/")[2].removesuffix(".png"))
    if not count:
        return None
    return Estimate(count, seconds / count, sum(_mean_bytes(output, k, stems) for k in kinds))


def _masked(output: Path) -> Iterator[dict[str, Any]]:
    for file in ledger_files(output):
        for _, values in read_lines(file):
            is_whole = isinstance(values.get("seconds_total"), float) and values.get("output")
            if is_whole and values["status"] != FAILED:
                yield values


def _mean_bytes(output: Path, kind: str, stems: list[str]) -> float:
    """Of a kind that no image has yet: as the largest kind there is."""
    sizes = _sizes(output, kind, stems)
    if not sizes:
        others = (_sizes(output, other, stems) for other in FOLDERS)
        return max((sum(some) / len(some) for some in others if some), default=0.0)
    return sum(sizes) / len(sizes)


def _sizes(output: Path, kind: str, stems: list[str]) -> list[int]:
    files = (output / output_path(stem, kind) for stem in stems)
    return [file.stat().st_size for file in files if file.is_file()]
