"""Where the primary object of a photograph is, by the bundled model's saliency head."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from segment_anything.modeling import Sam
from segment_anything.utils.transforms import ResizeLongestSide
from torch import Tensor, nn

from automask.sam.encoder import FastTinyEncoder

STRIDE = 4  # px of the encoder's input between two values of the map
# The line through the true IoU of the map, cut at a half, over the expected one, of 232 photographs
# that tiny did not learn from (r = 0.64; over those of the evaluation set 0.74).
SURENESS, LEVEL = 1.65, -0.64


class Saliency(Protocol):
    """Predicts where the primary object is: h x w, 0..1, in the proportions of the image, which is
    H x W x 3 uint8 RGB.
    """

    encoder: nn.Module

    def __call__(self, image_rgb: NDArray[np.uint8]) -> NDArray[np.float32]: ...


class SaliencyMap:
    """One look of `tiny`'s image encoder, whatever checkpoint makes the proposals.

    model: a `Sam` whose image encoder is a `TinyImageEncoder`; encoder: its fast version.
    """

    def __init__(self, model: Sam, encoder: FastTinyEncoder) -> None:
        self.model, self.encoder = model, encoder
        self.transform = ResizeLongestSide(model.image_encoder.img_size)

    def __call__(self, image_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        fitted = torch.as_tensor(self.transform.apply_image(image_rgb), device=self.model.device)
        with torch.inference_mode():
            batch = self.model.preprocess(fitted.permute(2, 0, 1)[None])
            _, logits = self.encoder(batch)
        return map_of(content_of(logits, fitted.shape[:2]))


def content_of(logits: Tensor, frame: tuple[int, ...]) -> Tensor:
    """Logits h x w float32 of the frame (height and width in px of the input), without the padding,
    from 1 x 1 x S/4 x S/4.
    """
    height, width = (-(-length // STRIDE) for length in frame[:2])
    return logits[0, 0, :height, :width].float()


def map_of(logits: Tensor) -> NDArray[np.float32]:
    """The map 0..1 of logits h x w."""
    return np.asarray(logits.sigmoid().cpu().numpy())


def predicted_iou(saliency: NDArray[np.float32]) -> float:
    """What IoU the map, cut at a half, has with the true mask, estimated from the map itself.

    Were its values chances, that of each pixel its own, what is cut out would share the sum of
    those inside with the truth, and the union would be the cut and the sum of those outside.
    """
    inside = saliency > 0.5
    shared = float(saliency[inside].sum())
    union = float(inside.sum()) + float(saliency[~inside].sum())
    return float(np.clip(SURENESS * shared / max(union, 1e-6) + LEVEL, 0.0, 1.0))
