"""What tests of `automask serve` send."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
from PIL import Image
from starlette.testclient import TestClient

TOKEN = "secret"
Serving = Callable[..., AbstractContextManager[TestClient]]


def photograph(first: int = 100, form: str = "PNG", side: int = 32) -> bytes:
    """A grey square; the first pixel's red says what its worker does, see fakes.py."""
    pixels = np.full((side, side, 3), 100, np.uint8)
    pixels[0, 0, 0] = first
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form)
    return buffer.getvalue()
