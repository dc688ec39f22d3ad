"""FiftyOne's dataset on disk, without a database version.

With no version in `metadata.json`, fiftyone reads the samples as they are and infers the fields;
with one, they must be a database dump of that release.
"""

from __future__ import annotations

import base64
import io
import zlib
from typing import Any

import numpy as np

from automask.export.formats.base import Context
from automask.export.instances import Instance
from automask.export.source import Photo, PhotoMasks
from automask.runs.progress import visible

# px: fiftyone truncates left * width and (left + width) * width, and 0.07 * 300 is below 21.
HAIR = 1e-6


class FiftyOne:
    """data/, samples.json and metadata.json."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.samples: list[dict[str, Any]] = []

    def add(self, photo: Photo, found: PhotoMasks) -> None:
        """See `Writer.add`."""
        record = photo.record
        detections = [self._detection(photo, instance) for instance in found.instances]
        self.samples.append(
            {
                "filepath": f"data/{self.context.place(photo, 'data')}",
                "tags": [] if photo.split is None else [photo.split],
                "image": visible(photo.image),
                "status": record.status,
                "confidence": record.confidence,
                "flags": list(record.flags),
                "objects": {"_cls": "Detections", "detections": detections},
            }
        )

    def finish(self) -> None:
        """See `Writer.finish`."""
        info = {"masks": self.context.model_version, "classes": list(self.context.categories)}
        self.context.target.write_json("metadata.json", {"media_type": "image", "info": info})
        self.context.target.write_json("samples.json", {"samples": self.samples})

    def _detection(self, photo: Photo, instance: Instance) -> dict[str, Any]:
        return {
            "_cls": "Detection",
            "label": photo.category,
            "bounding_box": bounding_box(instance),
            "mask": {"$binary": {"base64": packed(instance), "subType": "00"}},
            "confidence": photo.record.confidence,
        }


def bounding_box(instance: Instance) -> list[float]:
    """Left, top, width, height as fractions of the photograph; whole pixels when truncated."""
    height, width = instance.shape
    left, top, box_width, box_height = instance.box
    return [
        (left + HAIR) / width,
        (top + HAIR) / height,
        box_width / width,
        box_height / height,
    ]


def packed(instance: Instance) -> str:
    """The mask in its box in fiftyone's encoding: an .npy file, compressed, in base64."""
    buffer = io.BytesIO()
    np.save(buffer, instance.crop)
    return base64.b64encode(zlib.compress(buffer.getvalue())).decode("ascii")
