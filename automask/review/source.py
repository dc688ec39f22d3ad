"""What there is to review: an output folder with its records, masks and photographs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from automask.config import RunConfig
from automask.errors import UsageError
from automask.evaluate.conventions import Convention
from automask.evaluate.folders import convention_of_output
from automask.evaluate.results import read_ids, read_mask
from automask.image.objects import Labels
from automask.image.scan import output_stem
from automask.image.write import output_path
from automask.output.decisions import MACHINE
from automask.output.ledger import load_records
from automask.records import ImageRecord, Mask

# The first that there is says what the mask is; a cutout and an overlay do not.
MASK_KINDS = ("objects", "mask", "trimap", "alpha")
# Of `run.json`, what made the results; the rest is about machines.
USED = (
    "model", "arch", "weights", "save", "keep_extension",
    "load", "propose", "choose", "refine", "trimap", "alpha", "cutout", "objects",
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """An output folder that a run has masked."""

    output: Path
    photographs: Path
    records: Mapping[str, ImageRecord]
    config: RunConfig  # how the run made its results
    trimap_values: Convention | None

    def photograph(self, record: ImageRecord) -> Path:
        return self.photographs / record.image

    def stem(self, record: ImageRecord) -> str:
        """Of the image's results, relative path without extension."""
        return output_stem(record.image, self.config.keep_extension)

    def kinds(self, record: ImageRecord) -> tuple[str, ...]:
        """The kinds of results that the image has, or should have where masking failed."""
        return record.kinds or self.config.kinds

    def labels(self, record: ImageRecord, is_machines: bool = False) -> Labels | None:
        """The ids of an image's objects, H x W, 0 elsewhere, as its results have them now.

        is_machines: as the machine had made them, where a person has changed them since. None where
        there is no result to read. Raises ImageError for one that cannot be read.
        """
        root = self.output / MACHINE if is_machines else self.output
        for kind in MASK_KINDS:
            file = root / output_path(self.stem(record), kind)
            if kind in self.kinds(record) and file.is_file():
                return self._read(file, kind)
        return None

    def _read(self, file: Path, kind: str) -> Labels:
        if kind == "objects":
            return ranked(read_ids(file, self.config.load.max_pixels))
        most = self.config.load.max_pixels
        return read_mask(file, kind, self.trimap_values, most).astype(np.uint16)


def open_source(output: Path, photographs: Path | None = None) -> Source:
    """Reads an output folder. photographs: where they are now; None: as `run.json` has it.

    Raises UsageError where no run was there, or the photographs are not to be found.
    """
    records = load_records(output)
    if not records:
        raise UsageError(f"{output} holds no records of a run: name an OUTPUT of `automask run`")
    described = _described(output / "run.json")
    folder = photographs or Path(str(described.get("input", "nowhere")))
    if not folder.is_dir():
        raise UsageError(
            f"the photographs of {output} are not in {folder}: say where with --images FOLDER"
        )
    config = _config(described, folder, output)
    return Source(output, folder, records, config, convention_of_output(output))


def _described(file: Path) -> dict[str, Any]:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))["config"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return config if isinstance(config, dict) else {}


def _config(described: Mapping[str, Any], photographs: Path, output: Path) -> RunConfig:
    """Raises UsageError where another version has written what this one cannot read."""
    given = {name: described[name] for name in USED if name in described}
    try:
        return RunConfig(input=photographs, output=output, **given)
    except ValidationError as error:
        raise UsageError(
            f"{output / 'run.json'} has settings that this version does not know "
            f"({error.errors()[0]['msg']}): review with the version that masked it"
        ) from error


def ranked(ids: NDArray[np.int64]) -> Labels:
    """The same objects with the ids 1, 2, ... in the order of theirs; 0 stays."""
    numbers, places = np.unique(np.append(ids, 0), return_inverse=True)
    nothing = int(np.searchsorted(numbers, 0))
    return (places[:-1] - nothing).reshape(ids.shape).astype(np.uint16)


def separate(labels: Labels | None, shape: tuple[int, int]) -> list[Mask]:
    """A mask (H x W bool) for each id of the labels, in their order; none where nothing is."""
    if labels is None or labels.shape != shape:
        return []
    return [labels == number for number in np.unique(labels) if number]


def together(masks: Iterable[Mask], shape: tuple[int, int]) -> Labels:
    """Ids 1, 2, ... of masks H x W = `shape`; where two overlap, the later one has the pixel."""
    labels = np.zeros(shape, np.uint16)
    for number, mask in enumerate(masks, 1):
        labels[mask] = number
    return labels
