"""The records, masks and photographs that an export is made from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automask.errors import ImageError, UsageError
from automask.evaluate.conventions import Convention, parse_convention
from automask.evaluate.folders import convention_of_output
from automask.evaluate.results import read_ids, read_labels
from automask.export.instances import Instance, instances
from automask.export.names import flat_name
from automask.image.names import on_disk
from automask.image.results import kind_to_read
from automask.image.trimap import make_trimap
from automask.image.write import FOLDERS, output_path
from automask.output.decisions import read_decisions
from automask.output.ledger import load_records
from automask.output.reviewed import all_as_reviewed
from automask.output.run_json import input_folder, max_pixels, read_run_json
from automask.output.verdicts import rejected_images
from automask.records import FAILED, OK, ImageRecord, Mask

# The first that exists counts, after any that was edited by hand. Ids separate objects.
KINDS = ("objects", "mask", "trimap")
VALUES = "--values"


@dataclass(frozen=True)
class Photo:
    """A photograph with a result."""

    record: ImageRecord
    stem: str  # of its results, relative path without extension
    file: Path | None  # None: the photographs were not found
    category: str  # name of its objects' class
    split: str | None = None  # train, val or test

    @property
    def image(self) -> str:
        """Path relative to the folder of photographs, posix separators."""
        return self.record.image

    def score(self, id_: int) -> float | None:
        """How sure the model is of an object, 0..1: its own score, or that of the photograph."""
        scores = self.record.object_scores
        return scores[id_ - 1] if 0 < id_ <= len(scores) else self.record.confidence

    @property
    def flat(self) -> str:
        """Its name in formats that know no subfolders, without extension."""
        return flat_name(self.stem)

    @property
    def size(self) -> tuple[int, int]:
        """H, W of the upright photograph, px."""
        return int(self.record.height or 0), int(self.record.width or 0)


@dataclass(frozen=True)
class PhotoMasks:
    """The objects of a photograph."""

    instances: tuple[Instance, ...]
    contour: Mask  # H x W, the pixels beside the objects that should not count


@dataclass(frozen=True)
class Source:
    """The output of a run."""

    output: Path
    records: Mapping[str, ImageRecord]
    photographs: Path | None  # None: not found
    described: Mapping[str, Any]  # run.json
    trimap_values: Convention | None
    mask_values: Convention | None  # given by an option; None: inferred from each file
    rejected: frozenset[str] = frozenset()  # images, by a person
    reviewed: frozenset[str] = frozenset()  # images whose mask a person stands for

    @property
    def max_pixels(self) -> int:
        """Of a photograph and its results."""
        return max_pixels(self.described)

    def find(self, photo: Photo) -> PhotoMasks:
        """The objects of a photograph. Raises ImageError if its result is unusable."""
        kind, file = self.result(photo)
        labels, contour = self._read(file, kind)
        if labels.shape != photo.size:
            height, width = labels.shape
            raise ImageError(
                f"its {kind} is {width} x {height} px, the photograph {photo.size[1]} x "
                f"{photo.size[0]}"
            )
        if contour is None:
            trimap = make_trimap(labels > 0, self._contour_px())
            contour = np.asarray(trimap == 3)
        return PhotoMasks(tuple(instances(labels)), contour)

    def result(self, photo: Photo) -> tuple[str, Path]:
        """Kind and file of the result that counts. Raises ImageError if it is missing."""
        kind = self._kind(photo.record)
        file = on_disk(self.output, output_path(photo.stem, kind))
        if not file.is_file():
            raise ImageError(
                f"its {kind} {file} is not there; mask it again, or let it be left out"
            )
        return kind, file

    def _kind(self, record: ImageRecord) -> str:
        there = [kind for kind in KINDS if (self.output / FOLDERS[kind]).is_dir()]
        kind = kind_to_read(self.output, record, there)
        if kind is not None:
            return kind
        raise ImageError("it has neither mask, trimap nor objects; run again with --save mask")

    def _read(self, file: Path, kind: str) -> tuple[NDArray[Any], Mask | None]:
        """Labels, and the contour if the file has one."""
        if kind == "objects":
            return read_ids(file, self.max_pixels), None
        convention = self.trimap_values if kind == "trimap" else self.mask_values
        drawn = read_labels(file, convention, "ignore", VALUES, self.max_pixels)
        return drawn.mask.astype(np.uint8), drawn.ignored

    def _contour_px(self) -> int:
        try:
            return int(self.described["config"]["trimap"]["contour_px"])
        except (KeyError, TypeError, ValueError):
            return 1


def open_source(output: Path, images: Path | None, values: str | None) -> Source:
    """The output of a run, and where its photographs are.

    Args:
        output: An output folder.
        images: The photographs; None: where `run.json` says.
        values: What the values of masks mean; None: inferred from each file.

    Returns:
        The source.

    Raises:
        UsageError: There is no run, or `images` is not a folder.
    """
    records = load_records(output)
    if not records:
        raise UsageError(f"no records in {output}; name the OUTPUT of `automask run`")
    described = read_run_json(output)
    folder = images or input_folder(described)
    if images is not None and not images.is_dir():
        raise UsageError(f"--images {images} is no folder")
    decisions = read_decisions(output)
    records = all_as_reviewed(output, records, decisions)
    forced_values = None if values is None else parse_convention(values, VALUES)
    return Source(
        output=output,
        records=dict(sorted(records.items(), key=lambda pair: os.fsencode(pair[0]))),
        photographs=folder if folder is not None and folder.is_dir() else None,
        described=described,
        trimap_values=forced_values or convention_of_output(output),
        mask_values=forced_values,
        rejected=rejected_images(output),
        reviewed=frozenset(image for image, one in decisions.items() if one.is_usable),
    )


def photo_of(source: Source, record: ImageRecord, category: str) -> Photo:
    """A record's photograph. Raises ImageError if it has nothing to export."""
    if record.status == FAILED:
        raise ImageError(f"masking failed: {record.error}")
    if record.output is None or not record.width or not record.height:
        raise ImageError("its record names no result")
    file = None if source.photographs is None else on_disk(source.photographs, record.image)
    if file is not None and not file.is_file():
        raise ImageError(f"the photograph is not in {source.photographs}")
    stem = record.output.partition("/")[2].removesuffix(".png")
    return Photo(record, stem, file, category)


def is_empty(record: ImageRecord) -> bool:
    """Whether the run found no object."""
    return record.status != OK
