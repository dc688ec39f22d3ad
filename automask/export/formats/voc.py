"""PASCAL VOC 2012: PNGs of classes and objects with VOC's palette, boxes as XML, lists of names."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from automask.errors import ImageError, UsageError
from automask.export.formats.base import Context
from automask.export.instances import Instance, label_image
from automask.export.source import Photo, PhotoMasks

ROOT = "VOCdevkit/VOC2012"  # where torchvision looks
VOID = 255
MOST = VOID - 1  # classes, and objects of a photograph
TRUNCATED_FLAG = "touches_border"


class Voc:
    """The folders of VOC 2012."""

    def __init__(self, context: Context) -> None:
        if len(context.categories) > MOST:
            raise UsageError(f"VOC has room for {MOST} classes, not {len(context.categories)}")
        self.context = context
        self.names: dict[str, list[str]] = {side: [] for side in context.sides or ("train",)}

    def add(self, photo: Photo, found: PhotoMasks) -> None:
        """See `Writer.add`."""
        if len(found.instances) > MOST:
            raise ImageError(f"VOC has room for {MOST} objects, not {len(found.instances)}")
        image = self.context.place(photo, f"{ROOT}/JPEGImages")
        objects = label_image(found.instances, photo.size)
        category = self.context.categories.index(photo.category) + 1
        classes = np.where(objects > 0, np.uint8(category), np.uint8(0))
        for folder, labels in (("SegmentationClass", classes), ("SegmentationObject", objects)):
            labels[found.contour & (objects == 0)] = VOID
            self.context.target.write(f"{ROOT}/{folder}/{photo.flat}.png", palette_png(labels))
        about = annotation(photo, found, image)
        self.context.target.write(f"{ROOT}/Annotations/{photo.flat}.xml", about)
        self.names[photo.split or "train"].append(photo.flat)

    def finish(self) -> None:
        """See `Writer.finish`."""
        known = {k: v for k, v in self.names.items() if k != "test"}
        lists = {
            **self.names,
            "trainval": sorted(name for names in known.values() for name in names),
        }
        for name, members in lists.items():
            text = "".join(f"{member}\n" for member in members)
            self.context.target.write_text(f"{ROOT}/ImageSets/Segmentation/{name}.txt", text)
        self.context.target.write_text(f"{ROOT}/labelmap.txt", self._label_map())

    def _label_map(self) -> str:
        """The colour of each class, in the file that CVAT and datumaro write beside VOC."""
        names = ("background", *(name.replace(":", "%3A") for name in self.context.categories))
        colours = voc_palette()
        rows = [f"{n}:{','.join(map(str, colours[k].tolist()))}::" for k, n in enumerate(names)]
        return "\n".join(["# label:color_rgb:parts:actions", *rows]) + "\n"


def voc_palette() -> NDArray[np.uint8]:
    """256 x 3 RGB: the label's bits, distributed to red, green and blue from the highest on."""
    labels, colours = np.arange(256), np.zeros((256, 3), np.int64)
    for bit in range(8):
        colours[:, bit % 3] |= (labels >> bit & 1) << (7 - bit // 3)
    return colours.astype(np.uint8)


def palette_png(labels: NDArray[np.uint8]) -> bytes:
    """H x W labels as a PNG with VOC's palette."""
    image = Image.fromarray(labels)
    image.putpalette(voc_palette().tobytes())  # a grey picture becomes one of indices
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def annotation(photo: Photo, found: PhotoMasks, filename: str) -> bytes:
    """The boxes as XML; VOC counts pixels from 1, inclusive."""
    root = ElementTree.Element("annotation")
    _texts(root, folder="VOC2012", filename=filename)
    height, width = photo.size
    _texts(ElementTree.SubElement(root, "size"), width=width, height=height, depth=3)
    _texts(root, segmented=1)
    for instance in found.instances:
        _object(root, photo, instance)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8")


def _object(root: ElementTree.Element, photo: Photo, instance: Instance) -> None:
    element = ElementTree.SubElement(root, "object")
    is_truncated = int(TRUNCATED_FLAG in photo.record.flags)
    _texts(element, name=photo.category, pose="Unspecified", truncated=is_truncated, difficult=0)
    left, top, width, height = instance.box
    box = ElementTree.SubElement(element, "bndbox")
    _texts(box, xmin=left + 1, ymin=top + 1, xmax=left + width, ymax=top + height)


def _texts(parent: ElementTree.Element, **texts: object) -> None:
    for tag, text in texts.items():
        ElementTree.SubElement(parent, tag).text = str(text)
