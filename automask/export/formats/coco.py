"""COCO instances, as pycocotools reads them."""

from __future__ import annotations

from typing import Any

import numpy as np

from automask.export.formats.base import Context
from automask.export.instances import Instance
from automask.export.source import Photo, PhotoMasks

FIRST_ID = 1  # COCO's own categories, images and annotations count from 1


class Coco:
    """One JSON file, or one for each side of a split."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.files = context.by_side("annotations/instances", ".json")
        self.images: dict[str | None, list[dict[str, Any]]] = {side: [] for side in self.files}
        self.annotations: dict[str | None, list[dict[str, Any]]] = {s: [] for s in self.files}
        self.last_image = self.last_annotation = FIRST_ID - 1

    def add(self, photo: Photo, found: PhotoMasks) -> None:
        """See `Writer.add`."""
        name = self.context.place(photo, "images")
        self.last_image += 1
        height, width = photo.size
        self.images[photo.split].append(
            {
                "id": self.last_image,
                "file_name": name,
                "width": width,
                "height": height,
                "confidence": photo.record.confidence,
                "flags": photo.record.flags,
            }
        )
        for instance in found.instances:
            self.annotations[photo.split].append(self._annotation(photo, instance))

    def finish(self) -> None:
        """See `Writer.finish`."""
        categories = [
            {"id": number, "name": name, "supercategory": ""}
            for number, name in enumerate(self.context.categories, start=FIRST_ID)
        ]
        for side, file in self.files.items():
            document = {
                "info": {
                    "description": f"masks by {self.context.model_version}",
                    "polygons": self.context.fidelity.to_json(),
                },
                "licenses": [],
                "images": self.images[side],
                "annotations": self.annotations[side],
                "categories": categories,
            }
            self.context.target.write_json(file, document)

    def _annotation(self, photo: Photo, instance: Instance) -> dict[str, Any]:
        self.last_annotation += 1
        return {
            "id": self.last_annotation,
            "image_id": self.last_image,
            "category_id": self.context.categories.index(photo.category) + FIRST_ID,
            "segmentation": self._segmentation(photo, instance),
            "area": instance.area,
            "bbox": list(instance.box),
            "iscrowd": 0,
            "score": photo.score(instance.id),
        }

    def _segmentation(self, photo: Photo, instance: Instance) -> Any:
        if self.context.polygons:
            return [ring.ravel().tolist() for ring in self.context.edge_rings(photo, instance)]
        return run_lengths(instance)


def run_lengths(instance: Instance) -> dict[str, Any]:
    """COCO's compressed run lengths of an object, the counts as text."""
    from pycocotools import mask as coco_mask

    runs = coco_mask.encode(np.asfortranarray(instance.full.astype(np.uint8)))
    return {"size": list(instance.shape), "counts": runs["counts"].decode("ascii")}
