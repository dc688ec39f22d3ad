"""Label Studio: tasks with predictions to correct, and their labelling interface."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from automask.export.formats.base import Context
from automask.export.names import url_path
from automask.export.polygons import Ring
from automask.export.source import Photo, PhotoMasks
from automask.runs.progress import visible

LABEL, IMAGE = "label", "image"  # names of the two parts of the interface
DECIMALS = 5  # of per cent: a thousandth of a pixel at 10,000 px


class LabelStudio:
    """tasks.json and labeling_config.xml."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.tasks: list[dict[str, Any]] = []

    def add(self, photo: Photo, found: PhotoMasks) -> None:
        """See `Writer.add`."""
        path = self.context.place(photo, "images")
        regions = [
            self._region(photo, f"{instance.id}-{number}", instance.id, ring)
            for instance in found.instances
            for number, ring in enumerate(self.context.edge_rings(photo, instance), start=1)
        ]
        data = {"image": self.context.image_prefix + url_path(path), "file": visible(photo.image)}
        if photo.split is not None:
            data["split"] = photo.split
        prediction = {
            "model_version": self.context.model_version,
            "score": photo.record.confidence or 0.0,
            "result": regions,
        }
        self.tasks.append({"data": data, "predictions": [prediction]})

    def finish(self) -> None:
        """See `Writer.finish`."""
        self.context.target.write_json("tasks.json", self.tasks)
        self.context.target.write("labeling_config.xml", interface(self.context.categories))

    def _region(self, photo: Photo, name: str, instance: int, ring: Ring) -> dict[str, Any]:
        height, width = photo.size
        return {
            "id": name,
            "type": "polygonlabels",
            "from_name": LABEL,
            "to_name": IMAGE,
            "original_width": width,
            "original_height": height,
            "image_rotation": 0,
            "score": photo.record.confidence or 0.0,
            # All pieces of one object say which one.
            "meta": {"text": [f"object {instance}"]},
            "value": {
                "closed": True,
                "polygonlabels": [photo.category],
                "points": (ring / (width, height) * 100).round(DECIMALS).tolist(),
            },
        }


def interface(categories: tuple[str, ...]) -> bytes:
    """The labelling interface: polygons with the classes' names."""
    view = ElementTree.Element("View")
    ElementTree.SubElement(view, "Image", name=IMAGE, value="$image", zoom="true")
    labels = ElementTree.SubElement(view, "PolygonLabels", name=LABEL, toName=IMAGE)
    labels.set("strokeWidth", "2")
    for name in categories:
        ElementTree.SubElement(labels, "Label", value=name)
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="utf-8")
