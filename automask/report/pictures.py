"""Thumbnails of the photographs with their outlines, drawn once and cached."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from automask.errors import ImageError
from automask.evaluate.folders import convention_of_output
from automask.evaluate.results import read_ids, read_mask
from automask.image.load import load_small
from automask.image.names import on_disk
from automask.output.run_json import max_pixels
from automask.records import FAILED, ImageRecord
from automask.report.outline import outline, outline_source, outlines
from automask.report.read import Run
from automask.system.cores import available_cores
from automask.system.files import write_atomic

# Pixels of a picture's longer side, by the largest number of images, such that a page with embedded
# pictures stays well below 100 MB (2,000 of 448 px are 55 MB).
SIZES = ((250, 1024), (600, 704), (float("inf"), 448))
JPEG_QUALITY = 60
RULES = 2  # raised when the same files would be drawn differently
OUTLINES = "outlines.json"

Track = Callable[[Iterable["Drawn"], int], Iterable["Drawn"]]


@dataclass(frozen=True)
class Drawn:
    """The picture and outline of one image."""

    picture: Path | None  # JPEG, at most `longest_px` long; None: the photograph is missing
    outline: str  # SVG path data, see outline.py; "": no object, or no result to draw it from
    outline_key: str | None = None  # key in the cache


def draw_all(run: Run, folder: Path, track: Track) -> list[Drawn]:
    """Draw pictures and outlines of all records, in their order.

    Missing and unreadable photographs have no picture, nor have failed ones: what killed a worker
    while decoding would kill this process too. Threads are enough, because Pillow and OpenCV
    release the interpreter lock.

    Args:
        run: The run.
        folder: The cache of pictures.
        track: Wraps the images as they are drawn, given their number.

    Returns:
        The pictures.

    Raises:
        OSError: `folder` cannot be written or does not exist.
    """
    artist = _Artist(run, folder, _kept_outlines(folder))
    with ThreadPoolExecutor(available_cores()) as threads:
        drawn = list(track(threads.map(artist.draw, run.records), len(run.records)))
    _keep_outlines(folder, drawn)
    _remove_others(folder, drawn)
    return drawn


def longest_px(images: int) -> int:
    """The size of pictures, such that a browser can open the page with this many images."""
    return next(longest for most, longest in SIZES if images <= most)


class _Artist:
    """Draws what is not in the cache."""

    def __init__(self, run: Run, folder: Path, outlines: dict[str, str]) -> None:
        self.run, self.folder, self.outlines = run, folder, outlines
        self.trimaps = convention_of_output(run.output)
        self.longest_px = longest_px(len(run.records))
        self.max_pixels = max_pixels(run.described)

    def draw(self, record: ImageRecord) -> Drawn:
        return Drawn(self._picture(record), *self._outline(record))

    def _picture(self, record: ImageRecord) -> Path | None:
        if record.status == FAILED:
            return None
        target = self._place(record, self.longest_px)
        if _is_whole(target):
            return target
        small = self._small(record)
        if small is None:
            return self._kept(record)
        _write(target, _jpeg(small))
        return target

    def _place(self, record: ImageRecord, longest: int) -> Path:
        key = (record.image, record.input_bytes, record.input_mtime_ns, longest, JPEG_QUALITY)
        return self.folder / f"{_digest(key)}.jpg"

    def _small(self, record: ImageRecord) -> Image.Image | None:
        if self.run.photographs is None:
            return None
        file = on_disk(self.run.photographs, record.image)
        try:
            return load_small(file, self.longest_px, self.max_pixels)
        except ImageError:  # deleted or changed since it was masked
            return None

    def _kept(self, record: ImageRecord) -> Path | None:
        """The cached picture of a record, if its size is still right."""
        kept = (self._place(record, longest) for _, longest in SIZES)
        return next(filter(_is_whole, kept), None)

    def _outline(self, record: ImageRecord) -> tuple[str, str | None]:
        source = outline_source(self.run.output, record)
        if source is None:
            return "", None
        kind, name = source
        file = on_disk(self.run.output, name)
        try:
            info = file.stat()
            key = _digest((name, info.st_size, info.st_mtime_ns, str(self.trimaps)))
            kept = self.outlines.get(key)
            return self._drawn(file, kind) if kept is None else kept, key
        except (OSError, ImageError):  # deleted after the run, or edited into an unreadable file
            return "", None

    def _drawn(self, file: Path, kind: str) -> str:
        if kind == "objects":
            return outlines(read_ids(file, self.max_pixels))
        return outline(read_mask(file, kind, self.trimaps, self.max_pixels))


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return buffer.getvalue()


def _digest(parts: tuple[object, ...]) -> str:
    """A cache key, independent of the characters in file names."""
    return hashlib.sha256(ascii((RULES, *parts)).encode()).hexdigest()[:24]


def _write(target: Path, data: bytes) -> None:
    """Write without the fsync of `write_atomic`, in a third of the time.

    `_is_whole` detects what a power cut leaves torn.
    """
    partial = target.with_suffix(".partial")
    try:
        partial.write_bytes(data)
        os.replace(partial, target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _is_whole(file: Path) -> bool:
    """Whether a JPEG is complete, from its first marker to its last."""
    try:
        with file.open("rb") as opened:
            begins = opened.read(2)
            opened.seek(-2, os.SEEK_END)
            return begins == b"\xff\xd8" and opened.read(2) == b"\xff\xd9"
    except OSError:
        return False


def _kept_outlines(folder: Path) -> dict[str, str]:
    try:
        kept = json.loads((folder / OUTLINES).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _keep_outlines(folder: Path, drawn: Iterable[Drawn]) -> None:
    kept = {one.outline_key: one.outline for one in drawn if one.outline_key is not None}
    write_atomic(folder / OUTLINES, json.dumps(kept).encode("ascii"))


def _remove_others(folder: Path, drawn: Iterable[Drawn]) -> None:
    """Delete pictures of photographs that have changed or are gone."""
    in_use = {one.picture for one in drawn}
    for file in _pictures(folder):
        if file not in in_use:
            file.unlink(missing_ok=True)


def _pictures(folder: Path) -> Iterator[Path]:
    """The cached pictures, by our own names: the folder may hold other files."""
    return (file for file in folder.glob("*.jpg") if len(file.stem) == 24)
