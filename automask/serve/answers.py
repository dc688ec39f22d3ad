"""What is answered: pictures, or JSON with the mask in runs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automask.pool.workers import DIED
from automask.records import FAILED, ImageRecord
from automask.serve.folder import Folder

PICTURES = ("trimap", "mask", "alpha", "cutout", "overlay")
JSON = "json"
OUTPUTS = (*PICTURES, JSON)
SECONDS = ("load", "encode", "decode", "choose", "refine", "write", "total")
TOO_SLOW = "it took longer than"


def kind_of(output: str) -> str:
    """The kind of result that an output is made of."""
    return "mask" if output == JSON else output


def described(record: ImageRecord) -> dict[str, Any]:
    """What is known of a photograph: status, confidence, flags, size, seconds by stage."""
    return {
        "status": record.status,
        "error": record.error,
        "confidence": record.confidence,
        "flags": list(record.flags),
        "notes": list(record.notes),
        "width": record.width,
        "height": record.height,
        "area_fraction": record.area_fraction,
        "model": record.model,
        "seconds": {name: getattr(record, f"seconds_{name}") for name in SECONDS},
    }


def with_runs(record: ImageRecord, folder: Folder, stem: str) -> dict[str, Any]:
    """The same with the mask as COCO's uncompressed run lengths."""
    from PIL import Image

    with Image.open(folder.result(stem, "mask")) as picture:
        mask = np.asarray(picture) > 0
    return {**described(record), "mask": {"size": list(mask.shape), "counts": runs(mask)}}


def runs(mask: NDArray[np.bool_]) -> list[int]:
    """COCO's runs of a mask (H x W): down the columns, background first."""
    flat = np.concatenate([[False], mask.ravel(order="F")])
    ends = np.flatnonzero(np.diff(flat))
    return [int(n) for n in np.diff(np.concatenate([[0], ends, [mask.size]]))]


def headers(record: ImageRecord) -> dict[str, str]:
    """The same beside a picture."""
    return {
        "x-automask-status": record.status,
        "x-automask-confidence": f"{record.confidence}",
        "x-automask-flags": ",".join(record.flags),
        "x-automask-seconds": f"{record.seconds_total}",
    }


def failure(record: ImageRecord) -> tuple[HTTPStatus, str]:
    """The HTTP status and the reason of a photograph that failed."""
    assert record.status == FAILED
    error = record.error or "it failed"
    if error.startswith(TOO_SLOW):
        return HTTPStatus.GATEWAY_TIMEOUT, error
    if error.startswith((DIED, "out of memory")):
        return HTTPStatus.INTERNAL_SERVER_ERROR, error.partition("\n")[0]
    if "No space left" in error:
        return HTTPStatus.INSUFFICIENT_STORAGE, "the server's disk is full"
    return HTTPStatus.UNPROCESSABLE_ENTITY, error
