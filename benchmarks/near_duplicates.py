"""How far perceptual hashes move when a photograph is changed a little, and how near others are.

python benchmarks/near_duplicates.py PHOTOGRAPHS: the distances behind `duplicates.NEAR_BITS`.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from automask.export.duplicates import fingerprint, near_groups

LIMITS = (4, 6, 8, 10)  # bits
Change = Callable[[Image.Image], Image.Image]


def cropped(share: float) -> Change:
    """So much less on each side."""
    return lambda image: image.crop(
        (
            round(image.width * share),
            round(image.height * share),
            round(image.width * (1 - share)),
            round(image.height * (1 - share)),
        )
    )


def saved_again(image: Image.Image) -> Image.Image:
    """As JPEG of quality 30."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=30)
    return Image.open(buffer)


CHANGES: dict[str, Change] = {
    "half the size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "JPEG, quality 30": saved_again,
    "30 % brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
    "turned by 1 degree": lambda image: image.rotate(1),
    "1 % cropped on each side": cropped(0.01),
    "3 % cropped on each side": cropped(0.03),
}


def main() -> None:
    files = sorted(Path(sys.argv[1]).glob("*.jpg"))
    hashes = [fingerprint(file) for file in files]
    print(f"{'found with at most ... bits':28}", *(f"{limit:>6}" for limit in LIMITS))
    for name, distances in _distances(files, hashes).items():
        shares = [np.mean(np.array(distances) <= limit) for limit in LIMITS]
        print(f"{name:28}", *(f"{share:6.1%}" for share in shares))
    groups = [near_groups(hashes, limit) for limit in LIMITS]
    joined = [len(files) - len(set(numbers)) for numbers in groups]
    print(f"{f'joined of {len(files)} different':28}", *(f"{count:>6}" for count in joined))


def _distances(files: list[Path], hashes: list[int]) -> dict[str, list[int]]:
    distances = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "changed.png"
        for file, known in zip(files, hashes, strict=True):
            with Image.open(file) as image:
                photograph = image.convert("RGB")
            for name, change in CHANGES.items():
                change(photograph).save(place, compress_level=0)
                distances[name].append((fingerprint(place) ^ known).bit_count())
    return distances


if __name__ == "__main__":
    main()
