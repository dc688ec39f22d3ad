"""CSV: a line for each photograph, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import Any

from automask.export.formats.base import Context
from automask.export.source import Photo, PhotoMasks
from automask.show.spreadsheet import cells

COLUMNS = (
    "image", "class", "split", "status", "width", "height", "objects", "area_px", "area_fraction",
    "left", "top", "box_width", "box_height", "confidence", "score", "flags", "result", "left_out",
)  # fmt: skip


class Table:
    """Writes images.csv."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.rows: list[dict[str, Any]] = []

    def add(self, photo: Photo, found: PhotoMasks) -> None:
        """See `Writer.add`."""
        height, width = photo.size
        area = sum(instance.area for instance in found.instances)
        row: dict[str, Any] = {
            "image": photo.image,
            "class": photo.category,
            "split": photo.split or "",
            "status": photo.record.status,
            "width": width,
            "height": height,
            "objects": len(found.instances),
            "area_px": area,
            "area_fraction": round(area / (width * height), 6),
            "confidence": photo.record.confidence,
            "score": photo.record.score,
            "flags": " ".join(photo.record.flags),
            "result": photo.record.output,
        }
        self.rows.append({**row, **_box(found)})

    def finish(self) -> None:
        """See `Writer.finish`."""
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for one in self.context.skipped:
            self.rows.append({"image": one.image, "left_out": one.reason})
        for row in self.rows:
            writer.writerow(cells(row))
        self.context.target.write_text(self.context.target.main("images.csv"), buffer.getvalue())


def _box(found: PhotoMasks) -> dict[str, int]:
    """The box around all objects; empty without objects."""
    if not found.instances:
        return {}
    boxes = [instance.box for instance in found.instances]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right = max(box[0] + box[2] for box in boxes)
    bottom = max(box[1] + box[3] for box in boxes)
    return {"left": left, "top": top, "box_width": right - left, "box_height": bottom - top}
