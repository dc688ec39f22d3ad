"""collisions: photographs whose results would be written into one file, found before the run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from automask.errors import CollisionError
from automask.image.names import normal
from automask.records import Job

SHOWN = 10
RESULT = ".png"


def refuse_collisions(jobs: list[Job], folders: Iterable[str] = ()) -> None:
    """Raises CollisionError where two images would write one output, or one would write a file
    where another needs a folder (`shoe.jpg`, `shoe.png/left.jpg`).

    folders: paths of those that hold photographs and end in `.png`.
    """
    _refuse_same_stems(jobs)
    needed = {normal(folder) for folder in folders}
    if not needed:
        return
    clashes = [job for job in jobs if normal(job.stem) + RESULT in needed]
    if clashes:
        image, folder = clashes[0].image, clashes[0].stem + RESULT
        raise CollisionError(
            f"the result of {image!a} would be a file {folder!a}, and so would be the folder of "
            f"what lies in {folder!a}{_and_more(len(clashes) - 1)}\n"
            "rename that folder, or keep the extension in output names with --keep-extension"
        )


def _refuse_same_stems(jobs: list[Job]) -> None:
    by_stem = defaultdict(list)
    for job in jobs:
        by_stem[normal(job.stem)].append(job.image)
    clashes = [images for images in by_stem.values() if len(images) > 1]
    if not clashes:
        return
    lines = [f"  {', '.join(map(ascii, images))}" for images in clashes[:SHOWN]]
    if len(clashes) > SHOWN:
        lines.append(f"  and {len(clashes) - SHOWN} more")
    raise CollisionError(
        "these images would write the same output:\n"
        + "\n".join(lines)
        + "\nrename them, or keep the extension in output names with --keep-extension"
        + (_TWO_SPELLINGS if any(_is_one_name(images) for images in clashes) else "")
    )


_TWO_SPELLINGS = (
    "\n(two of them are one name, spelt with composed and with decomposed accents: rename one)"
)


def _is_one_name(images: list[str]) -> bool:
    return len({normal(image) for image in images}) < len(images)


def _and_more(count: int) -> str:
    return f" (and {count} more such)" if count else ""
