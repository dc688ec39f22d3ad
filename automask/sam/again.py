"""A second look: the model asked once more, at an object that it has found."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from segment_anything.modeling import Sam
from segment_anything.utils.amg import calculate_stability_score

from automask.records import Mask, Proposal

# Logits of a mask prompt that is sure. From 4 to 16 it makes no difference to tiny.
SURE = 8.0
STABILITY_OFFSET = 1.0  # as the automatic mask generators have it


def look_again(generator: Any, image_rgb: NDArray[np.uint8], mask: Mask) -> Proposal:
    """The object of a mask as the model sees it now, prompted with the mask and its box.

    image_rgb: h x w x 3 uint8, the photograph around the object, so that the model spends all of
    its input on it; mask: h x w, not empty. What answers is the single mask of the decoder, which
    is the better one where the prompt leaves no doubt (Kirillov et al., "Segment Anything", 2023).
    """
    predictor = generator.predictor
    dtype = getattr(generator, "dtype", torch.float32)
    is_sam = isinstance(predictor.model, Sam)
    # SAM's fast encoder has its own precision; SAM 2's goes by what is around it.
    lower = torch.autocast(predictor.device.type, dtype, enabled=not is_sam and dtype.itemsize < 4)
    with torch.inference_mode(), lower:
        predictor.set_image(image_rgb)
        logits, scores, _ = predictor.predict(
            box=_box_xyxy(mask),
            mask_input=mask_prompt(predictor, mask),
            multimask_output=False,
            return_logits=True,
        )
    threshold = float(predictor.model.mask_threshold if is_sam else predictor.mask_threshold)
    stability = calculate_stability_score(torch.as_tensor(logits), threshold, STABILITY_OFFSET)
    return Proposal(
        mask=np.asarray(logits[0] > threshold),
        predicted_iou=float(scores[0]),
        stability_score=float(stability.nan_to_num()[0]),
        soft=np.asarray(1 / (1 + np.exp(threshold - logits[0].astype(np.float32)))),
    )


def mask_side(model: Any) -> int:
    """Logits on a side of a mask before it is enlarged."""
    side = model.image_encoder.img_size if isinstance(model, Sam) else model.image_size
    return int(side) // 4


def _box_xyxy(mask: Mask) -> NDArray[np.float32]:
    """4 px coordinates."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32)


def mask_prompt(predictor: Any, mask: Mask) -> NDArray[np.float32]:
    """1 x s x s logits of a mask, in the model's frame at a quarter of its input."""
    side = 4 * mask_side(predictor.model)
    height, width = _frame(predictor, side, mask.shape)
    framed = np.zeros((side, side), np.float32)
    framed[:height, :width] = cv2.resize(mask.astype(np.float32), (width, height))
    small = cv2.resize(framed, (side // 4, side // 4), interpolation=cv2.INTER_AREA)
    return np.asarray((2 * small - 1) * SURE)[None]


def _frame(predictor: Any, side: int, shape: tuple[int, ...]) -> tuple[int, int]:
    """Height and width of an image in the model's input: SAM 2 stretches it to the square."""
    if not isinstance(predictor.model, Sam):
        return side, side
    height, width = predictor.transform.get_preprocess_shape(*shape[:2], side)
    return height, width
