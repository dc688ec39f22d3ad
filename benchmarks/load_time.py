"""How long loading a photograph of 12 megapixels takes, with two versions of automask in turns.

    python benchmarks/load_time.py OLD_TREE NEW_TREE

Each tree is a checkout. The photograph is made from noise and gradients; a process for each tree
and round, and the least CPU time of seven loads. Prints the median of the ratios, new / old.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

ROUNDS = 6
MEASURE = """
import sys, time
from pathlib import Path
from automask.image.load import load
file = Path(sys.argv[1])
load(file), load(file)
times = []
for _ in range(7):
    began = time.process_time()
    load(file)
    times.append(time.process_time() - began)
print(min(times))
"""


def main() -> None:
    """Prints a line for a plain JPEG, and one for one with EXIF, profile and a quarter turn."""
    trees = [Path(tree).resolve() for tree in sys.argv[1:3]]
    with tempfile.TemporaryDirectory() as folder:
        for name, options in (("plain", {}), ("turned, sRGB profile", _with_metadata())):
            file = Path(folder, "photograph.jpg")
            _photograph().save(file, quality=92, **options)
            ratios = [_ratio(trees, file, is_reversed=bool(n % 2)) for n in range(ROUNDS)]
            print(f"{name}: {statistics.median(ratios):.3f} of the time")


def _photograph() -> Image.Image:
    y, x = np.mgrid[:3000, :4000]
    noise = np.random.default_rng(0).normal(0, 6, (3000, 4000, 1))
    colours = np.stack([x / 16, y / 12, (x + y) / 28], axis=-1) + noise
    return Image.fromarray(colours.clip(0, 255).astype(np.uint8))


def _with_metadata() -> dict[str, object]:
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return {"exif": exif, "icc_profile": profile}


def _ratio(trees: list[Path], file: Path, is_reversed: bool) -> float:
    seconds = {}
    for tree in trees[::-1] if is_reversed else trees:
        environment = {**os.environ, "PYTHONPATH": str(tree)}
        command = [sys.executable, "-c", MEASURE, str(file)]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        seconds[tree] = float(told.stdout)
    old, new = (seconds[tree] for tree in trees)
    return new / old


if __name__ == "__main__":
    main()
