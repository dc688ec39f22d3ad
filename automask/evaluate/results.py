"""A result of a run as it lies there now: a person may have mended it with another program.

Each file is read by itself, since each may have been saved another way.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automask.errors import ImageError
from automask.evaluate.conventions import (
    LEVELS,
    ContourAs,
    Convention,
    Labels,
    decode,
    fitting,
    listed,
    occurring_values,
)
from automask.evaluate.read import Values, read_values
from automask.image.load import opened
from automask.records import Mask


def read_ids(file: Path) -> NDArray[np.int64]:
    """The ids of a label image, H x W, 0 where there is no object.

    Raises ImageError where it cannot be read, or is no picture of one channel: what an editor has
    made of the ids in colours or a palette cannot be told.
    """
    with opened(file) as image:
        if image.mode not in ("1", "L") and not image.mode.startswith("I"):
            raise ImageError(
                f"{file.name!a}: has no ids of objects (mode {image.mode}); save it with one "
                "channel of 8 or 16 bits, without a palette"
            )
        return np.asarray(image).astype(np.int64)


def read_labels(
    file: Path,
    convention: Convention | None,
    contour_as: ContourAs = "background",
    option: str | None = None,
) -> Labels:
    """A mask or trimap, H x W. convention: None: told from this file alone.

    option: that can say what the values mean, for the message. Raises ImageError where it cannot be
    read, or where its values are not the convention's, or fit none.
    """
    values = read_values(file)
    return decode(values, _sound(file.name, values, convention, option), contour_as)


def read_mask(file: Path, kind: str, trimaps: Convention | None) -> Mask:
    """The object in a result, H x W bool; of several objects, any of them.

    kind: objects, mask, alpha or trimap, whose contour is background. trimaps: their labels; None:
    told from the file. Raises ImageError, see `read_ids` and `read_labels`.
    """
    if kind == "objects":
        return read_ids(file) > 0
    return read_labels(file, {"alpha": LEVELS, "trimap": trimaps}.get(kind)).mask


def _sound(
    name: str, values: Values, convention: Convention | None, option: str | None
) -> Convention:
    occurring = frozenset(occurring_values(values))
    found = fitting(occurring) if convention is None else convention
    if found is not None and (found.values is None or occurring <= found.values):
        return found
    has = f"{name!a} has the values {listed(sorted(occurring))}"
    remedy = (
        "" if option is None else f", or say it with {option} FOREGROUND[,BACKGROUND[,CONTOUR]]"
    )
    if convention is None:
        raise ImageError(
            f"{has}: what do they mean? Save it with 255 on the object, 0 elsewhere{remedy}"
        )
    raise ImageError(f"{has}, and should have {convention}: save it so{remedy}")
