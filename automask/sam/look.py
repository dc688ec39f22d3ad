"""A photograph that is encoded once and asked for masks point by point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from segment_anything.utils.amg import MaskData, calculate_stability_score
from torch import Tensor

from automask.records import Mask, Proposal
from automask.sam.distinct import distinct
from automask.sam.fast_generator import FastCrops
from automask.sam.guided import Boxes
from automask.sam.points import Points
from automask.sam.saliency import map_of, predicted_iou


class FastLook:
    """The masks that a fast generator finds at the points that were asked, none of them enlarged.

    For settings that look once (`FastCrops.looks_once`).
    """

    def __init__(self, generator: FastCrops, image_rgb: NDArray[np.uint8], same_iou: float) -> None:
        self.generator, self.same_iou = generator, same_iou
        self.height, self.width = image_rgb.shape[:2]
        self.side = generator.look_at(image_rgb)
        self.frame = generator.frame()
        self._salient = generator.saliency()
        self._found: list[Proposal] = []

    def ask(self, points: Points, boxes: Boxes | None = None) -> None:
        """points: N x 2, x and y; boxes: M x 4, xyxy; as fractions of the photograph."""
        size = (self.width, self.height)
        placed = None if boxes is None else boxes * (*size, *size)
        data = self.generator.candidates(self.side, points * size, placed)
        if len(data["iou_preds"]) == 0:
            return
        self._found += self._proposals_of(data)

    def proposals(self) -> list[Proposal]:
        """What was found so far, one of each that are nearly the same, the highest scores first."""
        return [self._found[i] for i in distinct(self._found, self.same_iou)]

    def forget(self) -> None:
        """Drops what was found so far; the photograph stays encoded."""
        self._found = []

    @property
    def saliency(self) -> NDArray[np.float32] | None:
        """Where the primary object is, h x w, 0..1; None: the generator's encoder does not tell."""
        return None if self._salient is None else map_of(self._salient)

    def salient(self) -> list[Proposal]:
        """What the saliency map shows, cut at a half, as a proposal; none where there is no map."""
        logits = self._salient
        if logits is None or not bool((logits > 0).any()):
            return []
        expected = torch.tensor([predicted_iou(map_of(logits))])
        offset = self.generator.stability_score_offset
        return self.seen(
            logits[None], expected, calculate_stability_score(logits[None], 0.0, offset)
        )

    def seen(self, logits: Tensor, predicted_iou: Tensor, stability: Tensor) -> list[Proposal]:
        """Proposals of logits K x h x w, as the generator's candidates have them, with K scores."""
        if len(logits) == 0:
            return []
        masks = self.generator.small_masks(logits, (self.height, self.width)).cpu().numpy()
        scores = zip(predicted_iou.tolist(), stability.tolist(), strict=True)
        return [
            Proposal(mask, iou, steady, cut=_Cut(self.generator, self.frame, own))
            for mask, (iou, steady), own in zip(masks, scores, logits, strict=True)
        ]

    def _proposals_of(self, data: MaskData) -> list[Proposal]:
        found = self.seen(data["logits"], data["iou_preds"], data["stability_score"])
        points = (data["points"].cpu().numpy() / (self.width, self.height)).tolist()
        return [replace(p, point=(x, y)) for p, (x, y) in zip(found, points, strict=True)]


class _Cut:
    """Cuts a mask of any size out of its logits, whatever has been looked at since."""

    def __init__(self, generator: FastCrops, frame: tuple[int, int], logits: Tensor) -> None:
        self.generator, self.frame, self.logits = generator, frame, logits

    def __call__(self, size: tuple[int, int]) -> Mask:
        """The mask H x W bool for the photograph at the size H, W."""
        with torch.inference_mode():
            mask = self.generator.full_size(self.logits[None], self.frame, size)[0]
        return np.asarray(mask.cpu().numpy())
