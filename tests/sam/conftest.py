"""What several tests of the model's side look at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import automask


@pytest.fixture(scope="module")
def model() -> Any:
    return automask.load_model("tiny")


@pytest.fixture(scope="module")
def photograph() -> NDArray[np.uint8]:
    """An orange disc on a graded backdrop, 118 x 161: no side is a multiple of the stride."""
    rows, columns = np.mgrid[0:118, 0:161]
    image = np.stack([150 + rows // 4] * 3, axis=2).astype(np.uint8)
    image[(rows - 60) ** 2 + (columns - 80) ** 2 < 35**2] = (240, 120, 20)
    return image
