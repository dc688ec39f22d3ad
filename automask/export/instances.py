"""The objects of a photograph, each cropped to its box, because there may be hundreds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automask.records import Mask


@dataclass(frozen=True)
class Instance:
    """One object."""

    id: int  # 1, 2, ... within its photograph
    box: tuple[int, int, int, int]  # left, top, width, height, px
    crop: Mask  # height x width of the box, True on the object
    shape: tuple[int, int]  # H, W of the photograph

    @property
    def area(self) -> int:
        """Pixels."""
        return int(self.crop.sum())

    @property
    def full(self) -> Mask:
        """H x W, True on the object."""
        left, top, width, height = self.box
        mask = np.zeros(self.shape, np.bool_)
        mask[top : top + height, left : left + width] = self.crop
        return mask


def instances(labels: NDArray[np.integer]) -> list[Instance]:
    """The objects of a label image, in the order of their ids.

    Args:
        labels: H x W, 0 background. Ids may have gaps, where a person deleted objects.

    Returns:
        An instance for each id, with that id.
    """
    rows, columns = np.nonzero(labels)
    if not len(rows):
        return []
    ids, which = np.unique(labels[rows, columns], return_inverse=True)
    first_row, first_column = np.full((2, len(ids)), max(labels.shape))
    end_row, end_column = np.zeros((2, len(ids)), np.int64)
    np.minimum.at(first_row, which, rows)
    np.minimum.at(first_column, which, columns)
    np.maximum.at(end_row, which, rows + 1)
    np.maximum.at(end_column, which, columns + 1)
    found = []
    for id_, top, left, bottom, right in zip(
        ids.tolist(), first_row, first_column, end_row, end_column, strict=True
    ):
        box = (int(left), int(top), int(right - left), int(bottom - top))
        height, width = labels.shape
        crop = np.asarray(labels[top:bottom, left:right] == id_)
        found.append(Instance(id_, box, crop, (height, width)))
    return found


def label_image(found: Sequence[Instance], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """H x W: 0, or the place 1, 2, ... of an object in the list; of at most 255 objects."""
    labels = np.zeros(shape, np.uint8)
    for place, instance in enumerate(found, start=1):
        left, top, width, height = instance.box
        labels[top : top + height, left : left + width][instance.crop] = place
    return labels
