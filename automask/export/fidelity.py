"""The loss of an export's polygons against the masks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from automask.records import Mask


@dataclass
class Fidelity:
    """The IoU of each object's polygons, drawn as their reader draws them, with its mask."""

    tolerance_px: float
    ious: list[float] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    points: int = 0

    def add(self, image: str, drawn: Mask, mask: Mask, points: int) -> None:
        """drawn, mask: of one shape. points: of the object's polygons."""
        both = int((drawn & mask).sum())
        self.ious.append(both / int((drawn | mask).sum()))
        self.images.append(image)
        self.points += points

    def to_json(self) -> dict[str, object] | None:
        """Mean and worst IoU, and where the worst is; None where there is no polygon."""
        if not self.ious:
            return None
        worst = int(np.argmin(self.ious))
        return {
            "tolerance_px": self.tolerance_px,
            "objects": len(self.ious),
            "points": self.points,
            "mean_iou": round(float(np.mean(self.ious)), 6),
            "worst_iou": round(self.ious[worst], 6),
            "worst_image": self.images[worst],
        }
