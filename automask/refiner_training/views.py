"""Random views of a photograph around its object's outline, and the coarse mask to refine."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from automask.labelled.studio import product_shot
from automask.refiner_training.coarsen import Soft, as_given, coarsened
from automask.refiner_training.sources import Sample
from automask.tiny_training.photometric import photometric

Image = NDArray[np.uint8]

OWN_SHARE = 0.75  # of the views with a model's own mask begin from that
STUDIO_SHARE = 0.15  # of the views are studio shots
SCALE = (0.8, 1.5)  # px of the view for one of a photograph of OBJECT_PX and less
USUAL_PX = 400  # longest side that photographs are brought to first; mattes are larger


@dataclass(frozen=True)
class View:
    """One training sample, S x S."""

    image: Image  # S x S x 3 RGB
    truth: Soft  # S x S, 0..1
    coarse: Soft  # S x S, 0..1, hard or soft


def random_view(sample: Sample, size: int, rng: np.random.Generator) -> View:
    """A square of the photograph with some of the outline, turned, scaled, photographed anew."""
    own = sample.predicted
    image, truth = sample.image, sample.truth
    if rng.random() < STUDIO_SHARE and truth.any():
        (image, truth), own = product_shot(image, truth, rng), None
    matrix = _window(truth, size, rng)
    image, truth = _warped(image, matrix, size), _warped(truth, matrix, size)
    wanted = _soft(truth)
    if own is not None and rng.random() < OWN_SHARE:
        coarse = as_given(_soft(_warped(own, matrix, size)), rng)
    else:
        coarse = coarsened(wanted, rng)
    return View(photometric(image, rng), wanted, coarse)


def _window(truth: Image, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A random 2 x 3 map from the photograph to the view."""
    usual = min(1.0, USUAL_PX / max(truth.shape)) if rng.random() < 0.5 else 1.0
    scale = usual * np.exp(rng.uniform(*np.log(SCALE)))
    x, y, width, height = cv2.boundingRect(truth)
    at = rng.uniform(0, 1, 2)
    reach = 0.5 * size / scale
    # As far as the photograph goes, the view shows nothing beyond it.
    centre = [
        float(np.clip(c, min(reach, side - reach), max(reach, side - reach)))
        for c, side in zip((x + at[0] * width, y + at[1] * height), truth.shape[::-1], strict=True)
    ]
    angle = rng.uniform(-15, 15) if rng.random() < 0.3 else 0.0
    matrix = cv2.getRotationMatrix2D(centre, angle, scale)
    matrix[:, 2] += size / 2 - np.array(centre)
    if rng.random() < 0.5:
        matrix[0] = -matrix[0]
        matrix[0, 2] += size - 1
    return np.asarray(matrix)


def _soft(plane: Image) -> Soft:
    return np.asarray(plane, np.float32) / np.float32(255)


def _warped(plane: Image, matrix: NDArray[np.float64], size: int) -> Image:
    is_smaller = matrix[0, 0] ** 2 + matrix[0, 1] ** 2 < 0.5
    flags = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
    border = cv2.BORDER_REFLECT_101
    return np.asarray(cv2.warpAffine(plane, matrix, (size, size), flags=flags, borderMode=border))
