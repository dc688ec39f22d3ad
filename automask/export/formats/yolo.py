"""YOLO segmentation, as ultralytics reads it: a row for each object, pieces and holes joined.

Outlines run through the centres of pixels: ultralytics truncates coordinates and draws the border
too.
"""

from __future__ import annotations

import json

import numpy as np

from automask.export.formats.base import Context
from automask.export.instances import Instance
from automask.export.polygons import Ring, centre_parts, draw_centres, joined
from automask.export.source import Photo, PhotoMasks

DECIMALS = 6  # of fractions of the photograph: a thousandth of a pixel at 1000 px
FEWEST_POINTS = 3  # ultralytics takes a shorter row for a box


class Yolo:
    """images/SIDE, labels/SIDE and data.yaml."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def add(self, photo: Photo, found: PhotoMasks) -> None:
        """See `Writer.add`."""
        side = photo.split or self.context.sides[0]
        self.context.place(photo, f"images/{side}")
        category = self.context.categories.index(photo.category)
        rows = [f"{category} {self._row(photo, instance)}\n" for instance in found.instances]
        self.context.target.write_text(f"labels/{side}/{photo.flat}.txt", "".join(rows))

    def finish(self) -> None:
        """See `Writer.finish`."""
        lines = [f"{side}: images/{side}" for side in self.context.sides]
        lines.append("names:")
        # A JSON string is a YAML string, but for \ud83d\ude00: YAML does not join the halves of a
        # character. What cannot be printed is spelt in a category's name already.
        names = (json.dumps(name, ensure_ascii=False) for name in self.context.categories)
        lines += [f"  {k}: {name}" for k, name in enumerate(names)]
        self.context.target.write_text("data.yaml", "\n".join(lines) + "\n")

    def _row(self, photo: Photo, instance: Instance) -> str:
        ring = joined(centre_parts(instance, self.context.fidelity.tolerance_px))
        ring = np.concatenate([ring, *[ring[-1:]] * (FEWEST_POINTS - len(ring))])
        height, width = instance.shape
        fractions = np.round(ring / (width, height), DECIMALS)
        self._measure(photo, instance, fractions * (width, height))
        return " ".join(f"{value:.{DECIMALS}f}" for value in fractions.ravel())

    def _measure(self, photo: Photo, instance: Instance, ring: Ring) -> None:
        left, top, width, height = instance.box
        drawn = draw_centres([ring - (left, top)], (height, width))
        self.context.fidelity.add(photo.image, drawn, instance.crop, len(ring))
