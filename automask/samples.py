"""`python -m automask.samples FOLDER`: photographs of real scenes to try `make masks` on.

They come inside the scikit-image wheel, so nothing is downloaded; README.md has their licenses.
"""

from __future__ import annotations

import shutil
import sys
from importlib.resources import files
from pathlib import Path

from automask.image.scan import scan

SAMPLES = {
    "cat.png": "chelsea.png",
    "coffee_cup.png": "coffee.png",
    "astronaut.png": "astronaut.png",
    "rocket.jpg": "rocket.jpg",
}


def copy_samples(folder: Path) -> list[Path]:
    """Copies the sample photographs into a folder without images; returns what was copied."""
    folder.mkdir(parents=True, exist_ok=True)
    if scan(folder, keep_extension=True):
        return []
    source = files("skimage") / "data"
    copied = []
    for name, original in SAMPLES.items():
        target = folder / name
        with (source / original).open("rb") as data, target.open("wb") as file:
            shutil.copyfileobj(data, file)
        copied.append(target)
    return copied


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m automask.samples FOLDER")
    photographs = copy_samples(Path(sys.argv[1]))
    if photographs:
        print(
            f"{sys.argv[1]} holds no image: copied {len(photographs)} sample photographs from "
            "scikit-image into it"
        )
