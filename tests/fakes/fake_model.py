"""What every fake of a model does alike; each says what it proposes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from automask.records import Mask, ProposalSet, Scene


class FakeModel:
    """Proposes nothing, is never unsure, and leaves an outline as it is."""

    max_side = 0
    mask_side = 10_000  # cells so small that no outline is drawn anew
    look_again_below = 0.0

    def propose(self, image_rgb: np.ndarray) -> ProposalSet:
        return ProposalSet([], Scene(image_rgb), {"encode": 0.0, "decode": 0.0})

    def look_again(self, image_rgb: np.ndarray, mask: Mask) -> ProposalSet:
        raise AssertionError(f"no second look was wanted, at {image_rgb.shape}, {mask.shape}")

    def draw(self, image_rgb: np.ndarray, mask: np.ndarray) -> Any:
        height, width = image_rgb.shape[:2]
        return cv2.resize(mask.astype(np.float32), (width, height))
