"""What the refiner is trained on: photographs with true masks or mattes, and models' masks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.tiny_training.data import is_validation

Image = NDArray[np.uint8]
HELD_OUT_MATTES = 3  # of so many mattes one is held out


@dataclass(frozen=True)
class Sample:
    """One photograph as it is read."""

    image: Image  # H x W x 3 RGB
    truth: Image  # H x W, 0..255, a mask or a matte
    predicted: Image | None  # H x W, 0..255: a model's own mask, soft; None: there is none


@dataclass(frozen=True)
class Source:
    """Where one photograph lies; read when it is drawn, since all of them would fill the memory."""

    image: Path
    truth: Path
    predicted: Path | None = None

    def read(self) -> Sample:
        """Raises ValueError where a file cannot be decoded or sizes differ."""
        image = cv2.imread(str(self.image), cv2.IMREAD_COLOR)
        truth = cv2.imread(str(self.truth), cv2.IMREAD_GRAYSCALE)
        if image is None or truth is None or image.shape[:2] != truth.shape:
            raise ValueError(f"{self.image} and {self.truth} are no pair of one size")
        own = None if self.predicted is None else cv2.imread(str(self.predicted), 0)
        return Sample(
            np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8),
            np.asarray(truth, np.uint8),
            None if own is None or own.shape != truth.shape else np.asarray(own, np.uint8),
        )


def sources_in(images: Path, truths: Path, predictions: Path | None = None) -> list[Source]:
    """Every photograph with its truth `<stem>.png`; with a folder of predictions those alone that
    have one there.
    """
    found = []
    for image in sorted(p for p in images.iterdir() if not p.name.startswith(".")):
        name = f"{image.stem}.png"
        own = None if predictions is None else predictions / name
        if own is None or own.is_file():
            found.append(Source(image, truths / name, own))
    return found


def split(masks: list[Source], mattes: list[Source]) -> tuple[list[Source], list[Source]]:
    """Those to learn from and those held out: of masks by name for ever, of mattes every third."""
    learn = [s for s in masks if not is_validation(s.image.stem)]
    held_out = [s for s in masks if is_validation(s.image.stem)]
    learn_mattes = [s for i, s in enumerate(mattes) if i % HELD_OUT_MATTES]
    return learn + _weighted(learn_mattes, len(learn)), held_out


MATTE_SHARE = 0.1  # of what is drawn: few, but their truth is finer than a mask's


def _weighted(mattes: list[Source], masks: int) -> list[Source]:
    """Each matte as often as makes them their share."""
    times = round(MATTE_SHARE * masks / max(1, len(mattes)))
    return mattes * max(1, times)
