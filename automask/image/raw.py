"""raw: what a camera's sensor saw, developed as the camera would have."""

from __future__ import annotations

import importlib.util
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automask.errors import ImageError
from automask.image.decode import named_errors, refuse_special_files, refuse_too_large
from automask.image.kinds import RAW


def is_raw(name: str | Path) -> bool:
    """By the name: inside most are a TIFF, whose first page is a thumbnail."""
    return os.path.splitext(name)[1].lower() in RAW


@cache
def can_read_raw() -> bool:
    """Whether the extra `raw` is installed."""
    return importlib.util.find_spec("rawpy") is not None


def load_raw(file: Path, max_pixels: int, half: bool = False) -> NDArray[np.uint8]:
    """A raw file as H x W x 3 uint8 RGB (sRGB), upright, with the camera's white balance.

    half: at half the size, four times as fast. Raises ImageError.
    """
    if not can_read_raw():
        raise ImageError(f"{file.name!a}: a camera's raw file; pip install 'automask[raw]'")
    import rawpy

    with named_errors(file):
        refuse_special_files(file)
        raw: Any
        with rawpy.imread(os.fspath(file)) as raw:
            refuse_too_large(file, (raw.sizes.width, raw.sizes.height), max_pixels)
            return np.asarray(raw.postprocess(use_camera_wb=True, output_bps=8, half_size=half))
