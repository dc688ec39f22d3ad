"""CVAT for images 1.1: an XML file of polygons or masks, to upload as annotations of a task."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np

from automask.export.formats.base import Context
from automask.export.instances import Instance
from automask.export.names import xml_name
from automask.export.source import Photo, PhotoMasks
from automask.records import Mask


class Cvat:
    """annotations.xml, or one file for each side of a split."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.files = context.by_side("annotations", ".xml")
        self.images: dict[str | None, list[bytes]] = {side: [] for side in self.files}

    def add(self, photo: Photo, found: PhotoMasks) -> None:
        """See `Writer.add`."""
        name = self.context.place(photo, "images")
        height, width = photo.size
        images = self.images[photo.split]
        image = ElementTree.Element("image", id=str(len(images)), name=xml_name(name))
        image.attrib.update(width=str(width), height=str(height))
        for instance in found.instances:
            self._shapes(image, photo, instance)
        images.append(ElementTree.tostring(image))

    def finish(self) -> None:
        """See `Writer.finish`."""
        for side, file in self.files.items():
            head = (
                b'<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n'
            )
            parts = [head, self._meta(), *self.images[side], b"</annotations>\n"]
            self.context.target.write(file, b"\n".join(parts))

    def _meta(self) -> bytes:
        meta = ElementTree.Element("meta")
        labels = ElementTree.SubElement(ElementTree.SubElement(meta, "task"), "labels")
        for name in self.context.categories:
            label = ElementTree.SubElement(labels, "label")
            ElementTree.SubElement(label, "name").text = name
            ElementTree.SubElement(label, "attributes")
        return ElementTree.tostring(meta)

    def _shapes(self, image: ElementTree.Element, photo: Photo, instance: Instance) -> None:
        about = {"label": photo.category, "source": "auto", "occluded": "0", "z_order": "0"}
        if not self.context.polygons:
            left, top, width, height = map(str, instance.box)
            box = {"left": left, "top": top, "width": width, "height": height}
            ElementTree.SubElement(image, "mask", {**about, "rle": row_runs(instance.crop), **box})
            return
        rings = self.context.edge_rings(photo, instance)
        if len(rings) > 1:  # the pieces of one object are a group
            about["group_id"] = str(instance.id)
        for ring in rings:
            points = ";".join(f"{x:.2f},{y:.2f}" for x, y in ring.tolist())
            ElementTree.SubElement(image, "polygon", {**about, "points": points})


def row_runs(crop: Mask) -> str:
    """Lengths of runs of pixels, row by row, the first of background, as CVAT writes them."""
    pixels = np.concatenate([[False], crop.ravel()])
    changes = np.flatnonzero(pixels[1:] != pixels[:-1])
    lengths = np.diff(np.concatenate([[0], changes, [crop.size]]))
    return ", ".join(map(str, lengths.tolist()))
