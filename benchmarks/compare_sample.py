"""The pictures in docs/compare.md: `python benchmarks/compare_sample.py`.

Masks the sample photographs with all points of the grid and with few of them, compares the two runs
and takes pictures of the page in Chromium (Debian's `chromium`), as wide as a desk and as a phone,
light and dark.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from automask.samples import copy_samples

DOCS = Path(__file__).resolve().parents[1] / "docs" / "images"
HEIGHT = 3600  # px; more than the page has
SHOTS = {"compare.png": (1000, ""), "compare-phone.png": (390, "--force-dark-mode")}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_samples(folder / "photos")
        for points in ("full", "few"):
            _automask(folder, "run", "photos", points, "--points", points)
        prices = ("--price-a", "0.40", "--price-b", "0.40")
        _automask(folder, "compare", "full", "few", "--html", "compare.html", *prices)
        for picture, (width, flag) in SHOTS.items():
            _shoot(folder / "compare.html", DOCS / picture, width, flag)


def _automask(folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-c", "from automask.cli import main; main()", *arguments]
    subprocess.run(command, cwd=folder, check=True)


def _shoot(page: Path, picture: Path, width: int, flag: str) -> None:
    """A picture of the page, without the empty paper below it."""
    command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--window-size={width},{HEIGHT}", f"--screenshot={picture}", page.as_uri()]
    subprocess.run([*command, *filter(None, [flag])], check=True, capture_output=True)
    with Image.open(picture) as shot:
        pixels = np.asarray(shot.convert("RGB"))
    used = np.flatnonzero((pixels != pixels[-1, -1]).any(axis=(1, 2)))
    Image.fromarray(pixels[: used[-1] + 30]).save(picture, optimize=True)


if __name__ == "__main__":
    main()
