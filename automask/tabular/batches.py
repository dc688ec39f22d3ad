"""The newest record of each image, in batches: a million of them take little memory.

`automask.output.ledger` alone decides which record is the newest. A ledger too long for memory is
first split on disk by ranges of image names; then each part is read in turn.
"""

from __future__ import annotations

import json
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from automask.errors import UsageError
from automask.output.ledger import RECORDS, ledger_files, load_records
from automask.records import ImageRecord

BATCH = 20_000  # records; of about 2 KB each while they are objects
MOST_PARTS = 200  # files open at once, below the usual limit of 1,024
SAMPLED = 50  # one line in this many is sampled to find the ranges
BEGIN = b'{"image": '


def read_batches(
    output: Path, room: Path | None = None, size: int = BATCH
) -> Iterator[list[ImageRecord]]:
    """The newest record of each image of `OUTPUT/records/*.jsonl`, in the order of their names.

    Args:
        output: An output folder.
        room: An existing folder with space for a copy of the ledger; None: the system's
            temporary folder.
        size: The approximate number of records in a batch.

    Yields:
        Batches of records, sorted by image.

    Raises:
        UsageError: There is no ledger.
    """
    files = ledgers(output)
    edges = _edges(files, size)
    if not edges:
        yield _sorted(output)
        return
    with TemporaryDirectory(prefix=".automask-records-", dir=room) as folder:
        parts = [Path(folder, str(number)) for number in range(len(edges) + 1)]
        for file in files:
            _lay_out(file, edges, parts)
        for part in parts:
            yield _sorted(part)


def ledgers(output: Path) -> list[Path]:
    """The files with the records of a run. Raises UsageError if there is none."""
    files = ledger_files(output)
    if not files:
        raise UsageError(
            f"{output} has no {RECORDS}/*.jsonl: name the output folder of a run of automask"
        )
    return files


def _sorted(folder: Path) -> list[ImageRecord]:
    return sorted(load_records(folder).values(), key=lambda record: record.image)


def _edges(files: Sequence[Path], size: int) -> list[str]:
    """The first image name of each part but the first; empty if one part is enough."""
    lines, sample = 0, []
    for file in files:
        with file.open("rb") as ledger:
            lines += sum(1 for _ in ledger)
            ledger.seek(0)
            sample += [_image(line) for line in islice(ledger, 0, None, SAMPLED)]
    names = sorted(name for name in sample if name is not None)
    parts = min(-(-lines // size), MOST_PARTS, len(names))
    return sorted({names[len(names) * part // parts] for part in range(1, parts)})


def _lay_out(file: Path, edges: Sequence[str], parts: Sequence[Path]) -> None:
    """Copy each line of a ledger that names an image into its part, under the ledger's name."""
    with ExitStack() as stack:
        targets = []
        for part in parts:
            (part / RECORDS).mkdir(parents=True, exist_ok=True)
            targets.append(stack.enter_context((part / RECORDS / file.name).open("wb")))
        for line in stack.enter_context(file.open("rb")):
            name = _image(line)
            if name is not None:
                targets[bisect(edges, name)].write(line.rstrip(b"\n") + b"\n")


def _image(line: bytes) -> str | None:
    """The image of a line; None for a foreign line, or one torn before the image ends.

    automask writes the image first, so the rest, ten times as long, need not be parsed.
    """
    try:
        if line.startswith(BEGIN):
            image, _ = _STRINGS.raw_decode(line.decode("ascii"), len(BEGIN))
        else:
            image = json.loads(line)["image"]
    except (ValueError, KeyError, TypeError):
        return None
    return image if isinstance(image, str) else None


_STRINGS = json.JSONDecoder()
