"""Photographs and labels as the network sees them: scaled, cut, varied, made tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from automask.image.load import load
from automask.image.sizes import shrink
from automask.train.examples import Example, read_object_ids, read_target
from automask.train.regions import Regions, draw_corner
from automask.train.settings import TrainConfig, ViewConfig

# What is outside of the photograph: it counts nowhere.
OUTSIDE = 255
# The encoders of EfficientNet-Lite were trained on -1..1; the others adapt within a few steps.
MEAN, DEVIATION = 0.5, 0.5
KEPT_BYTES = 2 * 2**30  # of scaled photographs, so that each epoch does not decode them anew


@dataclass(frozen=True)
class Pair:
    """A photograph and its labels, scaled as the network is shown them."""

    image: NDArray[np.uint8]  # h x w x 3, RGB
    labels: NDArray[np.uint8]  # h x w: 1 foreground, 2 background, 3 contour; or ids of objects


@dataclass(frozen=True)
class Batch:
    """What one step learns from."""

    images: Tensor  # B x 3 x S x S, float32
    labels: Tensor  # B x S x S, uint8; OUTSIDE where there is no photograph
    weights: Tensor  # B, float32: how much each counts


@dataclass
class Views:
    """The pairs of a training, read once and kept as far as there is room."""

    config: TrainConfig
    regions: Regions | None = None
    _kept: dict[str, Pair] = field(default_factory=dict)
    _bytes: int = 0

    def pair(self, example: Example) -> Pair:
        kept = self._kept.get(example.name)
        if kept is not None:
            return kept
        pair = read_pair(example, self.config.view, self.config.net.labels == "objects")
        size = pair.image.nbytes + pair.labels.nbytes
        if self._bytes + size <= KEPT_BYTES:
            self._kept[example.name] = pair
            self._bytes += size
        return pair

    def batch(self, examples: Sequence[Example], seed: int) -> Batch:
        """Varied views of some examples, the same for the same seed."""
        rng = np.random.default_rng(seed)
        shown = [self._shown(rng, example) for example in examples]
        with torch.random.fork_rng(devices=[]):  # the transforms of torchvision take torch's chance
            torch.manual_seed(seed)
            varied = [vary(image, labels) for image, labels in shown]
        return Batch(
            torch.stack([image for image, _ in varied]).contiguous(
                memory_format=torch.channels_last
            ),
            torch.stack([labels for _, labels in varied]),
            torch.tensor([example.weight for example in examples], dtype=torch.float32),
        )

    def _shown(self, rng: np.random.Generator, example: Example) -> tuple[Tensor, Tensor]:
        """The photograph, or a tile of it, as a square with what is outside marked."""
        pair, side = self.pair(example), self.config.view.side
        x, y = 0, 0
        if self.config.view.tile:
            height, width = pair.image.shape[:2]
            everywhere = [(0, 0, width, height)]
            boxes = self.regions.boxes(example.name, pair.image) if self.regions else everywhere
            x, y = draw_corner(rng, pair.image, side, boxes, self.config.region_shares)
        part = np.s_[y : y + side, x : x + side]
        return squared(pair.image[part], 0, side), squared(pair.labels[part], OUTSIDE, side)


def read_pair(example: Example, view: ViewConfig, wants_objects: bool) -> Pair:
    """Raises ImageError where the photograph or its labels cannot be read."""
    image = shrink(load(example.image, example.max_pixels), view.size)
    labels = (
        read_object_ids(example).clip(0, OUTSIDE - 1) if wants_objects else read_target(example)
    )
    width, height = image.shape[1], image.shape[0]
    small = cv2.resize(
        labels.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT
    )
    return Pair(image, np.asarray(small, np.uint8))


def squared(pixels: NDArray[np.uint8], outside: int, side: int) -> Tensor:
    """C x S x S uint8 of h x w x C or h x w pixels, from the upper left corner on."""
    height, width = pixels.shape[:2]
    whole = np.full((side, side, *pixels.shape[2:]), outside, np.uint8)
    whole[:height, :width] = pixels
    tensor = torch.from_numpy(whole)
    return tensor.permute(2, 0, 1) if tensor.ndim == 3 else tensor[None]


def normalised(images: Tensor) -> Tensor:
    """Photographs of 0..255 as the network wants them, float32."""
    return (images.float() / 255 - MEAN) / DEVIATION


_VARIED = v2.Compose(
    [
        v2.RandomHorizontalFlip(),
        v2.RandomAffine(
            degrees=10,
            translate=(0.1, 0.1),
            scale=(0.75, 1.4),
            interpolation=v2.InterpolationMode.BILINEAR,
            fill={tv_tensors.Image: 0, tv_tensors.Mask: OUTSIDE},
        ),
        v2.ColorJitter(brightness=0.3, contrast=0.3, saturation=0.3, hue=0.03),
        v2.RandomGrayscale(p=0.05),
    ]
)


def vary(image: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """A view by torchvision's transforms: 3 x S x S normalised float32, and S x S labels."""
    shown, told = _VARIED(tv_tensors.Image(image), tv_tensors.Mask(labels))
    return normalised(shown.as_subclass(Tensor)), told.as_subclass(Tensor)[0]
