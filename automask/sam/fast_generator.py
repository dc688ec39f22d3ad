"""SAM's automatic mask generator, the same masks in less time.

What the package's class does for every mask of every point, and what is done here instead:

- The image is projected anew for every point: see decoder.py.
- All three masks of a point are multiplied out, then those with a low predicted IoU are dropped:
  here the score, which needs the tokens alone, comes first.
- Every mask is enlarged to the photograph's size, then stability, boxes and NMS reject most:
  here these are taken on the logits at a quarter of the model's input, and only what is kept is
  enlarged. Near a threshold that can decide otherwise than at full size.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import torch
from segment_anything import SamAutomaticMaskGenerator
from segment_anything.utils.amg import (
    MaskData,
    batched_mask_to_box,
    calculate_stability_score,
    is_box_near_crop_edge,
    mask_to_rle_pytorch,
    uncrop_boxes_xyxy,
    uncrop_masks,
    uncrop_points,
)
from torch import Tensor
from torch.nn import functional as F
from torchvision.ops import batched_nms

from automask.sam.decoder import FastMaskDecoder, ImageSide

ENLARGED_AT_ONCE = 16  # masks; of a large photograph each takes a hundred megabytes


class FastCrops:
    """The way of one crop, for the generators of both packages; mixed in before their class.

    Blocks of points are as large as suits the device: `points_per_batch` changes nothing.
    """

    predictor: Any
    point_grids: list[np.ndarray]
    pred_iou_thresh: float
    stability_score_thresh: float
    stability_score_offset: float
    box_nms_thresh: float

    decoder: FastMaskDecoder
    threshold: float  # of the logits

    def _look_at(self, image: np.ndarray) -> ImageSide:
        """Encodes a crop, H x W x 3 uint8 RGB."""
        raise NotImplementedError

    def _sparse(self, points: np.ndarray) -> Tensor:
        """Prompt tokens of points P x 2, px of the crop."""
        raise NotImplementedError

    def _content(self) -> tuple[int, int]:
        """Height and width of the logits that are not padding."""
        raise NotImplementedError

    def _cell(self) -> tuple[float, float]:
        """Width and height of a logit's cell, px of the crop."""
        raise NotImplementedError

    def _full_size(self, logits: Tensor) -> Tensor:
        """Masks K x H x W of the crop's size from the content's logits K x h x w."""
        raise NotImplementedError

    def _process_crop(
        self,
        image: np.ndarray,
        crop_box: list[int],
        crop_layer_idx: int,
        orig_size: tuple[int, ...],
    ) -> MaskData:
        x0, y0, x1, y1 = crop_box
        side = self._look_at(image[y0:y1, x0:x1, :])
        points = self.point_grids[crop_layer_idx] * np.array([[x1 - x0, y1 - y0]])
        data = self._kept(self._candidates(side, points), crop_box, orig_size)
        self._enlarge(data, crop_box, orig_size)
        data["points"] = uncrop_points(data["points"], crop_box)
        data["crop_boxes"] = torch.tensor([crop_box] * len(data["rles"]))
        return data

    def _enlarge(self, data: MaskData, crop_box: list[int], orig_size: tuple[int, ...]) -> None:
        """Logits become run lengths and boxes at the photograph's size, a few at once."""
        boxes, rles = [], []
        for part in data["logits"].split(ENLARGED_AT_ONCE):
            masks = self._full_size(part)
            boxes.append(batched_mask_to_box(masks))
            rles += mask_to_rle_pytorch(uncrop_masks(masks, crop_box, *orig_size))
        data["boxes"], data["rles"] = uncrop_boxes_xyxy(torch.cat(boxes), crop_box), rles
        del data["logits"]

    def _candidates(self, side: ImageSide, points: np.ndarray) -> MaskData:
        """Logits at a quarter of the model's input of every confident and stable mask."""
        data = MaskData()
        for block in np.array_split(points, -(-len(points) // self.decoder.block(side))):
            found = self._ask(side, block)
            found["stability_score"] = calculate_stability_score(
                found["logits"], self.threshold, self.stability_score_offset
            )
            if self.stability_score_thresh > 0:
                found.filter(found["stability_score"] >= self.stability_score_thresh)
            data.cat(found)
        return data

    def _ask(self, side: ImageSide, points: np.ndarray) -> MaskData:
        least = self.pred_iou_thresh if self.pred_iou_thresh > 0 else -torch.inf
        kept, scores, logits = self.decoder.confident(side, self._sparse(points), least)
        height, width = self._content()
        return MaskData(
            logits=logits[:, :height, :width].float(),
            iou_preds=scores,
            points=torch.as_tensor(points)[kept.nonzero()[:, 0].cpu()],
        )

    def _kept(self, data: MaskData, crop_box: list[int], orig_size: tuple[int, ...]) -> MaskData:
        """Without masks cut off at the crop's edge, and one of each that are nearly the same."""
        orig_h, orig_w = orig_size
        data["boxes"] = self._boxes(data["logits"])
        data.filter(~is_box_near_crop_edge(data["boxes"], crop_box, [0, 0, orig_w, orig_h]))
        categories = torch.zeros(len(data["boxes"]), device=data["boxes"].device)
        data.filter(
            batched_nms(data["boxes"], data["iou_preds"].float(), categories, self.box_nms_thresh)
        )
        return data

    def _boxes(self, logits: Tensor) -> Tensor:
        """Boxes K x 4, xyxy in px of the crop."""
        above = logits - self.threshold
        left, right = _extent(above.amax(dim=1))
        top, bottom = _extent(above.amax(dim=2))
        cells = torch.stack([left, top, right, bottom], dim=1)
        return cells * torch.tensor(self._cell() * 2, device=logits.device)


class FastMaskGenerator(FastCrops, SamAutomaticMaskGenerator):
    """`SamAutomaticMaskGenerator`, its settings and its records; only the work is another."""

    @cached_property
    def decoder(self) -> FastMaskDecoder:  # type: ignore[override]
        return FastMaskDecoder(self.predictor.model.mask_decoder)

    @property
    def threshold(self) -> float:  # type: ignore[override]
        return float(self.predictor.model.mask_threshold)

    def _look_at(self, image: np.ndarray) -> ImageSide:
        self.predictor.set_image(image)
        features, prompts = self.predictor.features, self.predictor.model.prompt_encoder
        dense = prompts.no_mask_embed.weight.reshape(1, -1, 1, 1).expand_as(features)
        return self.decoder.image_side(features, prompts.get_dense_pe(), dense)

    def _sparse(self, points: np.ndarray) -> Tensor:
        predictor = self.predictor
        placed = predictor.transform.apply_coords(points, predictor.original_size)
        coords = torch.as_tensor(placed, device=predictor.device)[:, None]
        labels = torch.ones(coords.shape[:2], dtype=torch.int, device=predictor.device)
        sparse, _ = predictor.model.prompt_encoder((coords, labels), None, None)
        return sparse

    def _content(self) -> tuple[int, int]:
        height, width = self.predictor.input_size
        return -(-height // 4), -(-width // 4)

    def _cell(self) -> tuple[float, float]:
        width, height = (
            4 * full / small
            for full, small in zip(
                self.predictor.original_size[::-1], self.predictor.input_size[::-1], strict=True
            )
        )
        return width, height

    def _full_size(self, logits: Tensor) -> Tensor:
        predictor = self.predictor
        side = 4 * predictor.features.shape[-1]
        height, width = logits.shape[-2:]
        framed = F.pad(logits, (0, side - width, 0, side - height))
        masks = predictor.model.postprocess_masks(
            framed[:, None], predictor.input_size, predictor.original_size
        )
        return masks[:, 0] > self.threshold


def _extent(profile: Tensor) -> tuple[Tensor, Tensor]:
    """Where each row of K x L is above 0 first and last, in cells, 0..L, interpolated between them.

    A box to the whole cell would be off by up to four pixels of the model's input, enough to decide
    otherwise in NMS than boxes of enlarged masks do. 0 and 0 where a row is never above 0.
    """
    padded = torch.cat([profile[:, :1], profile, profile[:, -1:]], dim=1)
    first, last = (_crossing(p) for p in (padded, padded.flip(1)))
    some = (profile > 0).any(dim=1)
    length = profile.shape[1]
    return first * some, (length - last) * some


def _crossing(padded: Tensor) -> Tensor:
    """Position of the first change from 0 or less to more, in cells of the unpadded row."""
    first = (padded[:, 1:-1] > 0).int().argmax(dim=1, keepdim=True)
    inner, outer = padded.gather(1, first + 1)[:, 0], padded.gather(1, first)[:, 0]
    step = torch.where(outer > 0, 0.5, inner / (inner - outer).clamp(min=1e-6))
    return (first[:, 0] + 0.5 - step).clamp(min=0)
