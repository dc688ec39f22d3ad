"""The photographs as the page shows them: at most so large, the last few kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.image.load import load
from automask.image.objects import Labels
from automask.image.sizes import shrink
from automask.records import ImageRecord, Mask
from automask.review.source import Source

# Longest side, px, of what is shown and drawn on. A larger photograph is shown smaller, and its
# mask changes only where a person has changed the smaller one.
WORK_SIDE = 2048
KEPT_PHOTOGRAPHS = 6  # of 12 MB at most
JPEG_QUALITY = 90

T = TypeVar("T")


class Recent(Generic[T]):
    """The results of a function for the keys asked for last, at most so many. For any thread."""

    def __init__(self, make: Callable[[str], T], most: int) -> None:
        self._make, self._most = make, most
        self._kept: OrderedDict[str, T] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, key: str) -> T:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = self._make(key)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made

    def __contains__(self, key: str) -> bool:
        return key in self._kept

    def forget(self, key: str) -> None:
        with self._lock:
            self._kept.pop(key, None)


@dataclass(frozen=True)
class Photograph:
    """A photograph as it is worked on."""

    pixels: NDArray[np.uint8]  # h x w x 3 RGB, the longest side at most WORK_SIDE
    full: tuple[int, int]  # H, W of the upright photograph

    @property
    def size(self) -> tuple[int, int]:
        """h, w of what is worked on."""
        return self.pixels.shape[0], self.pixels.shape[1]


def load_photograph(source: Source, record: ImageRecord) -> Photograph:
    """Raises ImageError where it cannot be read."""
    image = load(source.photograph(record), source.config.load.max_pixels)
    return Photograph(shrink(image, WORK_SIDE), (image.shape[0], image.shape[1]))


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """A JPEG of H x W x 3 uint8 RGB."""
    flipped = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, buffer = cv2.imencode(".jpg", flipped, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise ValueError(f"cannot encode an array of shape {pixels.shape} as JPEG")
    return buffer.tobytes()


def labels_at(labels: Labels, size: tuple[int, int]) -> Labels:
    """Labels H x W at another size; ids are not mixed."""
    height, width = size
    if labels.shape == size:
        return labels
    return np.asarray(cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST_EXACT))


def enlarged(before: Labels, after: Labels, full: Labels | None, size: tuple[int, int]) -> Labels:
    """What a person drew on the smaller labels, in the labels of the whole photograph.

    before, after: h x w, as shown and as left. full: H x W = `size`, from which `before` was made;
    None: nothing. Where nothing was changed, the finer outline of `full` stays.
    """
    if after.shape == size:
        return after
    drawn = labels_at(after, size)
    if full is None or full.shape != size:
        return drawn
    changed = cv2.dilate((before != after).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.where(labels_at(changed.astype(np.uint16), size) > 0, drawn, full)


def outlined(pixels: NDArray[np.uint8], mask: Mask, longest_px: int) -> NDArray[np.uint8]:
    """A small picture (h x w x 3 RGB) with the outline of its mask, for the contact sheet."""
    from automask.image.render import overlay
    from automask.image.sizes import resized

    small = shrink(pixels, longest_px)
    return overlay(small, resized(mask, small.shape)) if mask.any() else small
