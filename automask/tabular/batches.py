"""The newest record of each image, a batch at a time: a million of them fit into little memory.

Which record is the newest, `automask.output.ledger` alone knows. A ledger that is too long
for it is first laid out on disk in parts, each of a range of image names; then each part is read by
it, one after the other.
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
SAMPLED = 50  # of so many lines one tells where the ranges begin
BEGIN = b'{"image": '


def in_batches(
    output: Path, room: Path | None = None, size: int = BATCH
) -> Iterator[list[ImageRecord]]:
    """The newest record of each image of `OUTPUT/records/*.jsonl`, in the order of their names.

    room: an existing folder with space for a copy of the ledger; None: the system's. size: about
    how many records a batch has. Raises UsageError where there is no ledger.
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
    """The files with the records of a run, at least one. Raises UsageError where there is none."""
    files = ledger_files(output)
    if not files:
        raise UsageError(
            f"{output} has no {RECORDS}/*.jsonl: name the output folder of a run of automask"
        )
    return files


def _sorted(folder: Path) -> list[ImageRecord]:
    return sorted(load_records(folder).values(), key=lambda record: record.image)


def _edges(files: Sequence[Path], size: int) -> list[str]:
    """The first image names of all parts but the first; none where one part will do."""
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
    """Copies each line of a ledger into its part, under the ledger's own name, without those that
    name no image.
    """
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
    """The image of a line; None of a foreign one, and of one that is torn before its image ends.

    automask writes it first: the rest, ten times as long, need not be read to know it.
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
