"""Prompts of one's own to any model: a point or a box, and the masks it answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automask.sam import build  # noqa: F401  first: it explains a broken torch installation

import torch  # isort: skip
from segment_anything import SamPredictor  # isort: skip
from segment_anything.modeling import Sam  # isort: skip


class Prompter:
    """One photograph at a time, through the SAM package's own predictor."""

    def __init__(self, model: Any) -> None:
        self.predictor = predictor_of(model)

    def look_at(self, image_rgb: NDArray[np.uint8]) -> None:
        """Encodes a photograph, H x W x 3 uint8 RGB, for the prompts that follow."""
        with torch.inference_mode():
            self.predictor.set_image(image_rgb)

    def by_box(self, box_xyxy: NDArray[np.float32]) -> NDArray[np.bool_]:
        """The mask, H x W, that answers a box (4 px coordinates)."""
        with torch.inference_mode():
            masks, _, _ = self.predictor.predict(box=box_xyxy, multimask_output=False)
        return np.asarray(masks[0]) > 0

    def by_point(self, x: float, y: float) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """The three masks, 3 x H x W, that answer a point (px), and their predicted IoU."""
        point, label = np.array([[x, y]], np.float32), np.array([1])
        with torch.inference_mode():
            masks, scores, _ = self.predictor.predict(point, label, multimask_output=True)
        return np.asarray(masks) > 0, np.asarray(scores, np.float32)


def predictor_of(model: Any) -> Any:
    """The package's own predictor for a model."""
    if isinstance(model, Sam):
        return SamPredictor(model)
    from sam2.sam2_image_predictor import SAM2ImagePredictor

    return SAM2ImagePredictor(model)
