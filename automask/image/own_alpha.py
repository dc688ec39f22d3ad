"""own_alpha: what a photograph's own transparency says of the object."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

OPAQUE = 128  # from here on a pixel is rather there than not
# Of the picture. Less is a watermark or a speck, more the picture itself with round corners.
LEAST, MOST = 0.001, 0.97
FULL = 0.99  # of its box, that a picture on a transparent border fills

Shows = Literal["object", "border", "nothing"]


def what_alpha_shows(alpha: NDArray[np.uint8]) -> Shows:
    """What the opaque part of an alpha channel (H x W, 0..255) is.

    object: cut out by somebody. border: a whole picture, set on transparent ground to fill a
    frame: it reaches from side to side, or from top to bottom. nothing: nearly all or none of it
    is opaque.
    """
    opaque = (alpha >= OPAQUE).view(np.uint8)
    share = cv2.countNonZero(opaque) / opaque.size
    if not LEAST <= share <= MOST:
        return "nothing"
    _, _, width, height = cv2.boundingRect(opaque)
    reaches = width == alpha.shape[1] or height == alpha.shape[0]
    is_box = share * opaque.size >= FULL * width * height
    return "border" if reaches and is_box else "object"
