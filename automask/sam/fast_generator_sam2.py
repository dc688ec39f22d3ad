"""The fast generator for SAM 2; apart, so that SAM does not load the sam2 package."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from sam2.automatic_mask_generator import SAM2AutomaticMaskGenerator
from torch import Tensor

from automask.sam.decoder import FastMaskDecoder
from automask.sam.fast_generator import FastCrops
from automask.sam.two_way import ImageSide


class FastSam2MaskGenerator(FastCrops, SAM2AutomaticMaskGenerator):
    """`SAM2AutomaticMaskGenerator`, its settings and its records; only the work is another.

    Not for `use_m2m=True` and `multimask_output=False`, which ask the decoder otherwise.
    """

    @cached_property
    def decoder(self) -> FastMaskDecoder:  # type: ignore[override]
        return FastMaskDecoder(self.predictor.model.sam_mask_decoder, self.dtype)

    @property
    def threshold(self) -> float:  # type: ignore[override]
        return float(self.mask_threshold)

    def look_at(self, image: np.ndarray) -> ImageSide:
        device = self.predictor.device.type
        with torch.autocast(device, self.dtype, enabled=self.dtype != torch.float32):
            self.predictor.set_image(image)
        features = self.predictor._features  # the only place where it keeps them
        embedding, prompts = features["image_embed"], self.predictor.model.sam_prompt_encoder
        dense = prompts.no_mask_embed.weight.reshape(1, -1, 1, 1).expand_as(embedding)
        return self.decoder.image_side(
            embedding, prompts.get_dense_pe(), dense, features["high_res_feats"]
        )

    def _sparse(self, points: np.ndarray) -> Tensor:
        predictor = self.predictor
        placed = torch.as_tensor(points, dtype=torch.float32, device=predictor.device)
        coords = predictor._transforms.transform_coords(
            placed, normalize=True, orig_hw=predictor._orig_hw[-1]
        )
        labels = torch.ones(len(coords), 1, dtype=torch.int, device=predictor.device)
        sparse, _ = predictor.model.sam_prompt_encoder((coords[:, None], labels), None, None)
        return sparse

    def _sparse_boxes(self, boxes: np.ndarray) -> Tensor:
        predictor = self.predictor
        placed = torch.as_tensor(boxes, dtype=torch.float32, device=predictor.device)
        corners = predictor._transforms.transform_boxes(
            placed, normalize=True, orig_hw=predictor._orig_hw[-1]
        )
        sparse, _ = predictor.model.sam_prompt_encoder(None, corners.reshape(-1, 4), None)
        return sparse

    def frame(self) -> tuple[int, int]:
        side = self.predictor.model.image_size
        return side, side

    def small_masks(self, logits: Tensor, size: tuple[int, int]) -> Tensor:
        scale = min(1.0, logits.shape[-1] / max(size))  # the logits are square, whatever the crop
        height, width = (max(1, round(scale * side)) for side in size)
        return self.full_size(logits, self.frame(), (height, width))

    def full_size(self, logits: Tensor, _: tuple[int, int], size: tuple[int, int]) -> Tensor:
        masks = self.predictor._transforms.postprocess_masks(logits[:, None], size)
        return masks[:, 0] > self.threshold
