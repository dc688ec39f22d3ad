"""write: results become files, whole or not at all."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FOLDERS = {
    "trimap": "trimaps",
    "mask": "masks",
    "alpha": "alphas",
    "overlay": "overlays",
    "cutout": "cutouts",
    "objects": "objects",
    "probability": "probabilities",
}
PNG_COMPRESSION = 3  # zlib level; masks shrink hardly more above it, and take longer


def output_path(stem: str, kind: str) -> str:
    """Where a kind of result goes, relative to the output folder, posix separators."""
    return f"{FOLDERS[kind]}/{stem}.png"


def encode_png(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """PNG of H x W (uint8 or uint16), H x W x 3 (RGB) or H x W x 4 (RGBA, both uint8) pixels; the
    same bytes each time.
    """
    to_opencv = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, to_opencv[pixels.shape[2]])
    done, buffer = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, PNG_COMPRESSION])
    if not done:
        raise ValueError(f"cannot encode an array of shape {pixels.shape} as PNG")
    return buffer.tobytes()
