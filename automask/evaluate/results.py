"""Reads a result of a run, which a person may have edited in another program.

Each file is read on its own, because each may have been saved in another way.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automask.config import MAX_PIXELS
from automask.errors import ImageError
from automask.evaluate.conventions import (
    LEVELS,
    ContourAs,
    Convention,
    Labels,
    decode,
    listed,
    matching_convention,
    occurring_values,
)
from automask.evaluate.read import Values, read_values
from automask.image.load import opened
from automask.records import Mask


def read_ids(file: Path, max_pixels: int = MAX_PIXELS) -> NDArray[np.int64]:
    """The ids of a label image, H x W, 0 where there is no object.

    Args:
        file: The label image.
        max_pixels: Larger pictures are errors, here as in the others.

    Returns:
        H x W integers.

    Raises:
        ImageError: It cannot be read or has several channels or a palette, which do not say
            what an editor made of the ids.
    """
    with opened(file, max_pixels) as image:
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
    max_pixels: int = MAX_PIXELS,
) -> Labels:
    """A mask or trimap.

    Args:
        file: The picture.
        convention: What its values mean; None: inferred from this file alone.
        contour_as: What a contour counts as.
        option: The option that states a convention, for the message.
        max_pixels: See `read_ids`.

    Returns:
        The mask, H x W.

    Raises:
        ImageError: It cannot be read, or its values do not match the convention, or none.
    """
    values = read_values(file, max_pixels)
    return decode(values, _sound(file.name, values, convention, option), contour_as)


def read_mask(
    file: Path, kind: str, trimaps: Convention | None, max_pixels: int = MAX_PIXELS
) -> Mask:
    """The object in a result; of several objects, their union.

    Args:
        file: The result.
        kind: objects, mask, alpha or trimap, whose contour is background.
        trimaps: The labels of trimaps; None: inferred from the file.
        max_pixels: See `read_ids`.

    Returns:
        H x W bool.

    Raises:
        ImageError: See `read_ids` and `read_labels`.
    """
    if kind == "objects":
        return read_ids(file, max_pixels) > 0
    convention = {"alpha": LEVELS, "trimap": trimaps}.get(kind)
    return read_labels(file, convention, max_pixels=max_pixels).mask


def _sound(
    name: str, values: Values, convention: Convention | None, option: str | None
) -> Convention:
    occurring = frozenset(occurring_values(values))
    found = matching_convention(occurring) if convention is None else convention
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
