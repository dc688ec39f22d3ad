"""write: results become files, whole or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

FOLDERS = {"trimap": "trimaps", "mask": "masks", "overlay": "overlays", "cutout": "cutouts"}
OVERLAY_RGB = (255, 40, 90)  # a red that neither foliage, sky nor skin has much of
OVERLAY_DIM = 0.45  # how much of its brightness the background keeps
PNG_COMPRESSION = 3  # zlib level; masks shrink hardly more above it, and take longer


def output_path(stem: str, kind: str) -> str:
    """Where a kind of result goes, relative to the output folder, posix separators."""
    return f"{FOLDERS[kind]}/{stem}.png"


def render(
    kind: str,
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    trimap: NDArray[np.uint8],
) -> NDArray[np.uint8]:
    """What a kind of result shows, as pixels ready for `encode_png`.

    image: H x W x 3 uint8 RGB; mask: H x W; trimap: H x W uint8. trimap and mask (0/255) give
    H x W, overlay H x W x 3 RGB, cutout H x W x 4 RGBA.
    """
    if kind == "trimap":
        return trimap
    if kind == "mask":
        return mask.astype(np.uint8) * 255
    if kind == "overlay":
        return overlay(image, mask)
    alpha = mask.astype(np.uint8)[..., None] * 255
    return np.concatenate([image, alpha], axis=2)


def overlay(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The photograph (H x W x 3 RGB), dimmed outside the mask (H x W), its outline drawn."""
    shown = np.where(mask[..., None], image, (image * OVERLAY_DIM).astype(np.uint8))
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    thickness = max(1, round(max(mask.shape) / 400))
    return cv2.drawContours(np.ascontiguousarray(shown), contours, -1, OVERLAY_RGB, thickness)


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """PNG of H x W, H x W x 3 (RGB) or H x W x 4 (RGBA) uint8 pixels; the same bytes each time."""
    to_opencv = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, to_opencv[pixels.shape[2]])
    done, buffer = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, PNG_COMPRESSION])
    if not done:
        raise ValueError(f"cannot encode an array of shape {pixels.shape} as PNG")
    return buffer.tobytes()


def write_atomic(target: Path, data: bytes) -> None:
    """Writes a file that exists whole or not at all; its mode follows the user's umask.

    The temporary file lies in the target's folder under a name that depends on the target only:
    what a killed run left there is overwritten, and then renamed, by the rerun. Raises OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / partial_name(target.name)
    try:
        with open(partial, "wb") as file:  # mode 0666 less the umask, unlike tempfile's 0600
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def partial_name(name: str) -> str:
    """Short whatever the target's name, which may fill the file system's 255 bytes already."""
    return f".automask-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}.partial"
