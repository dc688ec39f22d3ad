"""Labelled pairs in miniature: dark discs on light ground."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from automask.labelled.folder import Labelled


def disc(number: int, side: int = 64) -> Labelled:
    """A dark disc on a light ground, `side` x `side`, further to the right for higher numbers."""
    rows, columns = np.mgrid[0:side, 0:side]
    inside = (rows - side // 2) ** 2 + (columns - side // 3 - number) ** 2 < (side // 5) ** 2
    image = np.full((side, side, 3), 210, np.uint8)
    image[inside] = (40, 60, 90)
    return Labelled(f"disc_{number}.png", image, inside)


@pytest.fixture
def discs() -> list[Labelled]:
    return [disc(i) for i in range(6)]


@pytest.fixture
def masked_folder(tmp_path: Path, discs: list[Labelled]) -> Path:
    """`images/` and `masks/` of six discs."""
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for pair in discs:
        Image.fromarray(pair.image).save(tmp_path / "images" / pair.name)
        Image.fromarray(pair.truth.astype(np.uint8) * 255).save(tmp_path / "masks" / pair.name)
    return tmp_path
