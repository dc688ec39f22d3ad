"""What several tests of the model's side look at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
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


@pytest.fixture(scope="module")
def sam2_model() -> Any:
    """SAM 2.1's smallest architecture with random weights: what it masks is nonsense, and equal."""
    from sam2.build_sam import build_sam2

    torch.manual_seed(0)
    return build_sam2("configs/sam2.1/sam2.1_hiera_t.yaml", device="cpu")
