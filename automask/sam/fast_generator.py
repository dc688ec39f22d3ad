"""SAM's automatic mask generator, the same masks in less time.

What the package's class does for every mask of every point, and what is done here instead:

- The image is projected anew for every point: see decoder.py.
- All three masks of a point are multiplied out, then those with a low predicted IoU are dropped:
  here the score, which needs the tokens alone, comes first.
- Every mask is enlarged to the photograph's size, then stability, boxes and NMS reject most:
  here these are taken on the logits at a quarter of the model's input, and only what is kept is
  enlarged; look.py enlarges not even that. Near a threshold that can decide otherwise than at
  full size.
- All is float32: here, with `dtype` bfloat16, the products of matrices are half as wide.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import torch
from segment_anything import SamAutomaticMaskGenerator, SamPredictor
from segment_anything.modeling import Sam
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

from automask.sam.decoder import FastMaskDecoder, powers_of_two
from automask.sam.encoder import fast_encoder
from automask.sam.saliency import content_of
from automask.sam.two_way import ImageSide

CONTENT_STEP = 8  # positions; photographs of many shapes shall not need as many kernels
STRIDE = 4  # px of the model's input between two logits
ENLARGED_AT_ONCE = 16  # masks; of a large photograph each takes a hundred megabytes


class FastCrops:
    """The way of one crop, for the generators of both packages; mixed in before their class.

    dtype: of the products of matrices. Blocks of points are as large as suits the device:
    `points_per_batch` changes nothing.
    """

    predictor: Any
    point_grids: list[np.ndarray]
    pred_iou_thresh: float
    stability_score_thresh: float
    stability_score_offset: float
    min_mask_region_area: int
    box_nms_thresh: float

    decoder: FastMaskDecoder
    threshold: float  # of the logits
    dtype: torch.dtype

    def __init__(self, model: Any, dtype: torch.dtype = torch.float32, **settings: Any) -> None:
        super().__init__(model, **settings)  # type: ignore[call-arg]  # the package's class
        self.dtype = dtype

    @property
    def looks_once(self) -> bool:
        """Whether the whole photograph at once is all that the settings ask for."""
        return len(self.point_grids) == 1 and self.min_mask_region_area == 0

    def look_at(self, image: np.ndarray) -> ImageSide:
        """Encodes a crop, H x W x 3 uint8 RGB."""
        raise NotImplementedError

    def _sparse(self, points: np.ndarray) -> Tensor:
        """Prompt tokens of points P x 2, px of the crop: P x 2 x C."""
        raise NotImplementedError

    def _sparse_boxes(self, boxes: np.ndarray) -> Tensor:
        """Prompt tokens of boxes M x 4, xyxy in px of the crop: M x 2 x C."""
        raise NotImplementedError

    def frame(self) -> tuple[int, int]:
        """Height and width of the crop in the model's input, px."""
        raise NotImplementedError

    def saliency(self) -> Tensor | None:
        """Logits h x w of where the crop's primary object is; None: the encoder does not tell."""
        return None

    def full_size(self, logits: Tensor, frame: tuple[int, int], size: tuple[int, int]) -> Tensor:
        """Masks K x H x W of the size H, W from the frame's logits K x h x w."""
        raise NotImplementedError

    def _process_crop(
        self,
        image: np.ndarray,
        crop_box: list[int],
        crop_layer_idx: int,
        orig_size: tuple[int, ...],
    ) -> MaskData:
        data = self._found(image, crop_box, crop_layer_idx, orig_size)
        self._enlarge(data, crop_box, orig_size)
        data["points"] = uncrop_points(data["points"], crop_box)
        data["crop_boxes"] = torch.tensor([crop_box] * len(data["rles"]))
        return data

    def _found(
        self, image: np.ndarray, crop_box: list[int], layer: int, orig_size: tuple[int, ...]
    ) -> MaskData:
        """Logits, scores, points and boxes of a crop's masks that pass all filters."""
        x0, y0, x1, y1 = crop_box
        side = self.look_at(image[y0:y1, x0:x1, :])
        points = self.point_grids[layer] * np.array([[x1 - x0, y1 - y0]])
        return self._kept(self.candidates(side, points), crop_box, orig_size)

    def _enlarge(self, data: MaskData, crop_box: list[int], orig_size: tuple[int, ...]) -> None:
        """Logits become run lengths and boxes at the photograph's size, a few at once."""
        boxes, rles = [], []
        size = (crop_box[3] - crop_box[1], crop_box[2] - crop_box[0])
        for part in data["logits"].split(ENLARGED_AT_ONCE):
            masks = self.full_size(part, self.frame(), size)
            boxes.append(batched_mask_to_box(masks))
            rles += mask_to_rle_pytorch(uncrop_masks(masks, crop_box, *orig_size))
        data["boxes"], data["rles"] = uncrop_boxes_xyxy(torch.cat(boxes), crop_box), rles
        del data["logits"]

    def candidates(
        self, side: ImageSide, points: np.ndarray, boxes: np.ndarray | None = None
    ) -> MaskData:
        """Logits at a quarter of the model's input of every confident and stable mask.

        points: P x 2; boxes: M x 4 xyxy; both px of the crop. A box's masks have its centre as
        their point.
        """
        sparse = self._sparse(points)
        if boxes is not None:  # a box has two corners, a point a padding token beside it
            sparse = torch.cat([sparse, self._sparse_boxes(boxes)])
            points = np.concatenate([points, (boxes[:, :2] + boxes[:, 2:]) / 2])
        lengths = powers_of_two(len(points), self.decoder.block(side))
        blocks = zip(sparse.split(lengths), np.split(points, np.cumsum(lengths)[:-1]), strict=True)
        found = [self._stable(self._ask(side, *block)) for block in blocks]
        # Joined once: one by one, the whole would be copied for every block.
        return MaskData(**{key: torch.cat([f[key] for f in found]) for key in found[0]._stats})

    def _ask(self, side: ImageSide, sparse: Tensor, points: np.ndarray) -> MaskData:
        least = self.pred_iou_thresh if self.pred_iou_thresh > 0 else -torch.inf
        kept, scores, logits = self.decoder.confident(side, sparse, least)
        height, width = (-(-length // STRIDE) for length in self.frame())
        return MaskData(
            logits=logits[:, :height, :width].float(),
            iou_preds=scores,
            points=torch.as_tensor(points)[kept.nonzero()[:, 0].cpu()],
        )

    def _stable(self, found: MaskData) -> MaskData:
        found["stability_score"] = calculate_stability_score(
            found["logits"], self.threshold, self.stability_score_offset
        )
        if self.stability_score_thresh > 0:
            found.filter(found["stability_score"] >= self.stability_score_thresh)
        return found

    def _kept(self, data: MaskData, crop_box: list[int], orig_size: tuple[int, ...]) -> MaskData:
        """Without masks cut off at the crop's edge, and one of each that are nearly the same."""
        left, top, right, bottom = crop_box
        orig_h, orig_w = orig_size
        data["boxes"] = self.boxes(data["logits"], (bottom - top, right - left))
        data.filter(~is_box_near_crop_edge(data["boxes"], crop_box, [0, 0, orig_w, orig_h]))
        data.filter(self.distinct(data["boxes"], data["iou_preds"]))
        return data

    def distinct(self, boxes: Tensor, scores: Tensor) -> Tensor:
        """Indices of the boxes K x 4 that NMS keeps, the highest scores first."""
        return batched_nms(boxes, scores, torch.zeros_like(scores), self.box_nms_thresh)

    def boxes(self, logits: Tensor, size: tuple[int, int]) -> Tensor:
        """Boxes K x 4, xyxy in px of the crop, whose size is height and width."""
        above = logits - self.threshold
        left, right = _extent(above.amax(dim=1))
        top, bottom = _extent(above.amax(dim=2))
        down, across = (STRIDE * of / at for of, at in zip(size, self.frame(), strict=True))
        cells = torch.stack([left, top, right, bottom], dim=1)
        return cells * torch.tensor([across, down, across, down], device=logits.device)

    def small_masks(self, logits: Tensor, size: tuple[int, int]) -> Tensor:
        """Masks K x h x w as large as tells their size and shape, in the proportions of `size`, the
        crop's height and width, and never larger: what it does not show is not judged.
        """
        if max(size) < max(logits.shape[1:]):
            return self.full_size(logits, self.frame(), size)
        return logits > self.threshold  # without the padding they have the crop's proportions


class FastSamPredictor(SamPredictor):
    """`SamPredictor` with a fast image encoder.

    saliency: logits of the image that is set, 1 x 1 x S/4 x S/4, where the encoder is `tiny`'s.
    """

    saliency: Tensor | None

    def __init__(self, model: Sam, dtype: torch.dtype) -> None:
        super().__init__(model)
        self.encoder = fast_encoder(model.image_encoder, dtype)

    def set_torch_image(self, image: Tensor, original_size: tuple[int, ...]) -> None:
        """As SamPredictor's; image: 1 x 3 x h x w, its longest side that of the model's input."""
        self.reset_image()
        self.original_size, self.input_size = original_size, tuple(image.shape[-2:])
        encoded = self.encoder(self.model.preprocess(image))
        self.features, self.saliency = encoded if isinstance(encoded, tuple) else (encoded, None)
        self.is_image_set = True


class FastMaskGenerator(FastCrops, SamAutomaticMaskGenerator):
    """`SamAutomaticMaskGenerator`, its settings and its records; only the work is another."""

    def __init__(self, model: Sam, dtype: torch.dtype = torch.float32, **settings: Any) -> None:
        super().__init__(model, dtype, **settings)
        self.predictor = FastSamPredictor(model, dtype)

    @cached_property
    def decoder(self) -> FastMaskDecoder:  # type: ignore[override]
        return FastMaskDecoder(self.predictor.model.mask_decoder, self.dtype)

    @property
    def threshold(self) -> float:  # type: ignore[override]
        return float(self.predictor.model.mask_threshold)

    def look_at(self, image: np.ndarray) -> ImageSide:
        predictor = self.predictor
        predictor.set_image(image)
        features, prompts = predictor.features, predictor.model.prompt_encoder
        dense = prompts.no_mask_embed.weight.reshape(1, -1, 1, 1).expand_as(features)
        stride = predictor.model.image_encoder.img_size // features.shape[-1]
        rows, columns = (
            min(side, -(-length // (stride * CONTENT_STEP)) * CONTENT_STEP)
            for length, side in zip(self.frame(), features.shape[-2:], strict=True)
        )
        return self.decoder.image_side(
            features, prompts.get_dense_pe(), dense, content=(rows, columns)
        )

    def _sparse(self, points: np.ndarray) -> Tensor:
        predictor = self.predictor
        placed = predictor.transform.apply_coords(points, predictor.original_size)
        coords = torch.as_tensor(placed, device=predictor.device)[:, None]
        labels = torch.ones(coords.shape[:2], dtype=torch.int, device=predictor.device)
        sparse, _ = predictor.model.prompt_encoder((coords, labels), None, None)
        return sparse

    def _sparse_boxes(self, boxes: np.ndarray) -> Tensor:
        predictor = self.predictor
        placed = predictor.transform.apply_boxes(boxes, predictor.original_size)
        corners = torch.as_tensor(placed, dtype=torch.float32, device=predictor.device)
        sparse, _ = predictor.model.prompt_encoder(None, corners, None)
        return sparse

    def frame(self) -> tuple[int, int]:
        height, width = self.predictor.input_size
        return height, width

    def saliency(self) -> Tensor | None:
        logits = self.predictor.saliency
        return None if logits is None else content_of(logits, self.frame())

    def full_size(self, logits: Tensor, frame: tuple[int, int], size: tuple[int, int]) -> Tensor:
        model = self.predictor.model
        side = model.image_encoder.img_size // STRIDE
        height, width = logits.shape[-2:]
        framed = F.pad(logits, (0, side - width, 0, side - height))
        masks = model.postprocess_masks(framed[:, None], frame, size)
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
