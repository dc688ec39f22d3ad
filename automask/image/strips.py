"""A large picture in strips, so that what is computed of it takes the memory of a small one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

STRIP_PIXELS = 1_000_000  # 4 MB for each plane of float32


@dataclass(frozen=True)
class Strip:
    """Rows that are wanted, and the rows that must be looked at for them."""

    rows: slice  # of the picture, wanted
    around: slice  # of the picture: `rows` and a margin on both sides, where there is one
    within: slice  # where `rows` lie in `around`


def strips(shape: tuple[int, ...], margin_px: int) -> Iterator[Strip]:
    """Strips of a picture H x W (x ...) = `shape` from top to bottom, about STRIP_PIXELS each.

    margin_px: how many rows above and below a pixel depends on. A strip is no thinner than the
    margin, so that at most thrice the picture is computed.
    """
    height, width = shape[:2]
    step = max(margin_px, STRIP_PIXELS // width, 1)
    for top in range(0, height, step):
        bottom = min(height, top + step)
        first, last = max(0, top - margin_px), min(height, bottom + margin_px)
        yield Strip(slice(top, bottom), slice(first, last), slice(top - first, bottom - first))
