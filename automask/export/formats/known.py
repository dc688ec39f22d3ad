"""The formats by name: a row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from automask.export.formats.base import Context, Writer
from automask.export.formats.coco import Coco
from automask.export.formats.cvat import Cvat
from automask.export.formats.fiftyone import FiftyOne
from automask.export.formats.label_studio import LabelStudio
from automask.export.formats.table import Table
from automask.export.formats.voc import Voc
from automask.export.formats.yolo import Yolo
from automask.export.placing import COMMON, ONLY_JPEG


@dataclass(frozen=True)
class Format:
    """What a format can do."""

    writer: Callable[[Context], Writer]
    suffix: str | None = None  # of a single file; an --out that ends so is that file
    segmentations: tuple[str, ...] = ("polygon",)  # the first is the default
    split: str | None = None  # default shares
    file_for_each_side: bool = False
    photographs: str | None = None  # copy: photographs are always included
    takes_photographs: bool = True
    photographs_kept: Mapping[str, str] = field(default_factory=lambda: COMMON)  # see placing.py
    needs_pycocotools: bool = False


FORMATS = {
    "coco": Format(
        Coco, ".json", ("rle", "polygon"), file_for_each_side=True, needs_pycocotools=True
    ),
    # ultralytics refuses a data set without train and val.
    "yolo-seg": Format(Yolo, split="0.8/0.2", photographs="copy"),
    "voc": Format(Voc, segmentations=("mask",), photographs="copy", photographs_kept=ONLY_JPEG),
    "label-studio": Format(LabelStudio, needs_pycocotools=True),
    "cvat": Format(
        Cvat, ".xml", ("polygon", "rle"), file_for_each_side=True, needs_pycocotools=True
    ),
    "csv": Format(Table, ".csv", segmentations=("box",), takes_photographs=False),
    "fiftyone": Format(FiftyOne, segmentations=("mask",), photographs="copy"),
}
