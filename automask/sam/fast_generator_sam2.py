"""The fast generator for SAM 2; apart, so that SAM does not load the sam2 package."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from sam2.automatic_mask_generator import SAM2AutomaticMaskGenerator
from torch import Tensor

from automask.sam.decoder import FastMaskDecoder, ImageSide
from automask.sam.fast_generator import FastCrops


class FastSam2MaskGenerator(FastCrops, SAM2AutomaticMaskGenerator):
    """`SAM2AutomaticMaskGenerator`, its settings and its records; only the work is another.

    Not for `use_m2m=True` and `multimask_output=False`, which ask the decoder otherwise.
    """

    @cached_property
    def decoder(self) -> FastMaskDecoder:  # type: ignore[override]
        return FastMaskDecoder(self.predictor.model.sam_mask_decoder)

    @property
    def threshold(self) -> float:  # type: ignore[override]
        return float(self.mask_threshold)

    def _look_at(self, image: np.ndarray) -> ImageSide:
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

    def _content(self) -> tuple[int, int]:
        side = self.predictor.model.image_size // 4
        return side, side

    def _cell(self) -> tuple[float, float]:
        height, width = self.predictor._orig_hw[-1]
        side = self.predictor.model.image_size // 4
        return width / side, height / side

    def _full_size(self, logits: Tensor) -> Tensor:
        predictor = self.predictor
        masks = predictor._transforms.postprocess_masks(logits[:, None], predictor._orig_hw[-1])
        return masks[:, 0] > self.threshold
