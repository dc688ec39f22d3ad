"""Reads a mask file as one channel of 8 bits, however it was saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from automask.config import MAX_PIXELS
from automask.errors import ImageError
from automask.image.load import opened

# A gray JPEG with three channels comes back with channels that differ by rounding.
GRAY_TOLERANCE = 8

Values = NDArray[np.uint8]


def read_values(file: Path, max_pixels: int = MAX_PIXELS) -> Values:
    """The values of a mask, trimap or grey-level map, H x W uint8.

    A colour palette gives its indices, a grey palette its greys. Transparency is the mask, unless
    all of it is opaque. One bit becomes 0/255.

    Args:
        file: The picture.
        max_pixels: Larger pictures are errors.

    Returns:
        H x W uint8.

    Raises:
        ImageError: It cannot be read, has colours, or more than 8 bits.
    """
    with opened(file, max_pixels) as image:
        if image.mode == "P":
            return _of_palette(image)
        if image.mode in ("1", "L"):
            return np.asarray(image.convert("L"))
        if image.mode in ("LA", "RGBA", "PA", "La", "RGBa"):
            alpha = np.asarray(image.getchannel(image.getbands()[-1]))
            if alpha.min(initial=255) < 255:
                return alpha
        elif image.mode not in ("RGB", "YCbCr", "CMYK"):
            raise ImageError(
                f"{file.name!a}: has more than 8 bits a pixel (mode {image.mode}); save it with 8"
            )
        return _of_colours(file, np.asarray(image.convert("RGB")))


def _of_palette(image: Image.Image) -> Values:
    """Label maps have a colour for each label, masks have black and white."""
    indices = np.asarray(image)
    colours = np.asarray(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
    used = [index for index in np.unique(indices) if index < len(colours)]
    greys = colours[used]
    if len(used) and (greys == greys[:, :1]).all():
        return np.asarray(image.convert("L"))
    return indices


def _of_colours(file: Path, rgb: NDArray[np.uint8]) -> Values:
    """The common channel of H x W x 3; ImageError if the channels differ."""
    channels = rgb.astype(np.int16)
    if np.abs(channels - channels[..., :1]).max(initial=0) > GRAY_TOLERANCE:
        raise ImageError(
            f"{file.name!a}: has colours, and a mask has one channel; is this a photograph?"
        )
    return rgb[..., 0]
