"""A mask's outline as an SVG path: sharp at every size, about 1.5 kB."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.export.instances import instances
from automask.image.results import kind_to_read
from automask.image.write import FOLDERS, output_path
from automask.records import OK, ImageRecord

# Units of the path along the longer side of the photograph.
LONGER_SIDE = 1000
TOLERANCE = 1.0  # largest distance of path and outline, units
LEAST_AREA = 2.0  # square units; smaller specks are drawn only without anything larger

KINDS = ("objects", "mask", "alpha", "trimap")  # that show the object's outline, the best first


def outline_source(output: Path, record: ImageRecord) -> tuple[str, str] | None:
    """Kind and path (relative to the output folder) of the result that an outline is drawn from."""
    kind = kind_to_read(output, record, KINDS) if record.status == OK else None
    file = None if kind is None else result_file(record, kind)
    return None if kind is None or file is None else (kind, file)


def result_file(record: ImageRecord, kind: str) -> str | None:
    """Path of a kind of result, relative to the output folder; None where it was not written."""
    if record.output is None or kind not in record.kinds:
        return None
    folder, _, name = record.output.partition("/")
    return output_path(name.removesuffix(".png"), kind) if folder in FOLDERS.values() else None


def outline(mask: NDArray[np.bool_]) -> str:
    """SVG path data of a mask's outline, to be filled by the even-odd rule.

    Args:
        mask: H x W bool.

    Returns:
        Path data with holes, in integer units, LONGER_SIDE of them along the longer side, origin
        at the top left; "" for an empty mask.
    """
    return _path(mask, (0, 0), LONGER_SIDE / max(mask.shape))


def outlines(ids: NDArray[np.integer]) -> str:
    """The same of several objects, one after another, a | between two.

    Args:
        ids: H x W, 0 or an object's id.
    """
    scale = LONGER_SIDE / max(ids.shape)
    return "|".join(_path(one.crop, one.box[:2], scale) for one in instances(ids))


def _path(mask: NDArray[np.bool_], offset: tuple[int, int], scale: float) -> str:
    """offset: left and top of the mask in the photograph, px."""
    found, _ = cv2.findContours(
        mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE, offset=offset
    )
    contours = [(contour.astype(np.float32) + 0.5) * scale for contour in found]
    large = [contour for contour in contours if cv2.contourArea(contour) >= LEAST_AREA]
    simple = (cv2.approxPolyDP(contour, TOLERANCE, True)[:, 0] for contour in large or contours)
    return "".join(map(_closed, simple))


def _closed(points: NDArray[np.float32]) -> str:
    """A polygon: its first point, then steps from one point to the next."""
    whole = np.rint(points).astype(int)
    steps = np.diff(whole, axis=0).tolist()
    first = "M{} {}".format(*whole[0])
    return first + ("l" + " ".join(f"{x} {y}" for x, y in steps) if steps else "") + "z"
