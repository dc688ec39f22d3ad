"""pages: which picture of a file that holds several."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

MOST_PAGES = 1000  # that are looked at


def choose_page(image: Image.Image) -> str | None:
    """Turns an opened file to the page to be masked; returns what there is to say of it.

    Of pages of unlike sizes (a pyramid, a scan with its thumbnail) the largest; else, and of an
    animation, the first. None: there is one only.
    """
    if image.format != "TIFF":
        frames = getattr(image, "n_frames", 1)
        return None if frames == 1 else f"the first of {frames} pictures in the file"
    sizes = _page_sizes(image)
    best, note = best_page(sizes)
    image.seek(best)
    return note


def best_page(sizes: Sequence[tuple[int, int]]) -> tuple[int, str | None]:
    """Index of the largest page, the first of several; and what there is to say of it."""
    best = max(range(len(sizes)), key=lambda page: sizes[page][0] * sizes[page][1])
    if len(sizes) == 1:
        return best, None
    which = "largest" if len(set(sizes)) > 1 else "first"
    return best, f"page {best + 1} of {len(sizes)}, the {which}"


def _page_sizes(image: Image.Image) -> list[tuple[int, int]]:
    """Width, height of each page."""
    sizes = [image.size]
    while len(sizes) < MOST_PAGES:
        try:
            image.seek(len(sizes))
        except Exception:  # no more of them, or the next one is damaged
            break
        sizes.append(image.size)
    return sizes
