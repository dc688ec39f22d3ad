"""decode: a file of any kind as one picture, or an error that names it.

Every photograph and every mask that automask reads passes here.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from io import BufferedReader, FileIO
from pathlib import Path
from typing import IO

from PIL import Image, UnidentifiedImageError

from automask.config import MAX_PIXELS
from automask.errors import ImageError
from automask.image.depth import Declared
from automask.image.metadata import orientation_of, pixels_only, upright
from automask.image.pages import choose_page
from automask.system.exhaustion import is_out_of_memory

# What a file is, its content says, not its name. These are read by libraries alone; of the others
# that Pillow knows, EPS is handed to another program, as which it may do anything.
FORMATS = (
    "JPEG", "MPO", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "PPM", "JPEG2000", "AVIF", "HEIF",
)  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """An opened file, at the page that counts; its pixels are decoded when they are asked for."""

    file: Path
    data: IO[bytes]  # its bytes, without what is no part of the pixels
    image: Image.Image  # in its own mode, not turned yet
    layout: str  # how samples lie in the file, in Pillow's words: RGB;16B
    declared: Declared  # what the file says of its samples beside its header
    note: str | None  # which of several pages it is

    @cached_property
    def orientation(self) -> int:
        """EXIF, 1..8. Of a PNG it may stand behind the pixels, which are decoded then."""
        return orientation_of(self.image)


@contextmanager
def opened(
    file: Path, max_pixels: int = MAX_PIXELS, enough_px: int | None = None
) -> Iterator[Image.Image]:
    """A picture in its own mode, decoded, EXIF orientation applied.

    enough_px: of the longer side; a JPEG may be decoded smaller, as far as that leaves twice as
    many. None: whole.

    Raises ImageError, see `opened_picture`.
    """
    with opened_picture(file, max_pixels, enough_px) as picture:
        picture.image.load()
        yield upright(picture.image, picture.orientation)


@contextmanager
def opened_picture(
    file: Path, max_pixels: int = MAX_PIXELS, enough_px: int | None = None
) -> Iterator[Picture]:
    """A file that Pillow can read, at the page that counts. enough_px: see `opened`.

    Raises ImageError, naming the file, where it is not a file, not an image, damaged, or has more
    than `max_pixels` pixels.
    """
    with named_errors(file):
        refuse_special_files(file)
        # Pillow's own guard, an error at twice this number, must not be stricter than ours.
        Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, max_pixels)
        with _Bounded(file) as whole:
            data, declared = pixels_only(whole)
            with Image.open(data, formats=_formats()) as image:
                note = choose_page(image)
                refuse_too_large(file, image.size, max_pixels)
                if enough_px is not None:
                    _decode_smaller(image, 2 * enough_px)
                yield Picture(file, data, image, _layout(image), declared, note)


@contextmanager
def named_errors(file: Path) -> Iterator[None]:
    """Whatever a library raises on a file, as an ImageError that names it.

    Memory that is out passes: the image may succeed where less is done at once.
    """
    try:
        yield
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(f"{file.name!a}: not an image, or of a kind not supported") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{file.name!a}: too large to open safely ({error})") from error
    except OSError as error:
        if error.strerror:  # of the system; a library has none where the data end too early
            raise ImageError(f"{file.name!a}: cannot be read: {error.strerror}") from error
        raise _damaged(file, error) from error
    except Exception as error:  # libraries raise anything on damaged files, struct.error too
        if is_out_of_memory(error):
            raise
        raise _damaged(file, error) from error


def _damaged(file: Path, error: Exception) -> ImageError:
    return ImageError(f"{file.name!a}: damaged or incomplete file ({_one_line(error)})")


def refuse_special_files(file: Path) -> None:
    """A pipe or a device named .jpg would block the worker for ever."""
    info = file.stat()
    if not stat.S_ISREG(info.st_mode):
        raise ImageError(f"{file.name!a}: not a regular file")
    if info.st_size == 0:
        raise ImageError(f"{file.name!a}: the file is empty (0 bytes); copy it again")


def refuse_too_large(file: Path, size: tuple[int, int], max_pixels: int) -> None:
    """size: width, height."""
    width, height = size
    if width * height > max_pixels:
        raise ImageError(
            f"{file.name!a}: {width} x {height} is more than {max_pixels} pixels; "
            "shrink it, or raise max_pixels in the config"
        )


class _Bounded(BufferedReader):
    """A file that is never asked for more than it holds.

    Python makes room first and reads then: a PNG of 100 bytes that claims a chunk of 4 GB would
    have Pillow ask for 4 GB of memory.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(FileIO(file))
        self._size = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            return super().read()
        return super().read(min(size, max(self._size - self.tell(), 0)))


def _one_line(error: Exception) -> str:
    """Some libraries end their messages with a line break."""
    return " ".join(str(error).split())


def _decode_smaller(image: Image.Image, longest_px: int) -> None:
    """Has a JPEG decoded at a half, a quarter or an eighth, if that is not below `longest_px`."""
    scale = longest_px / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    image.draft(None, (width, height))


def _layout(image: Image.Image) -> str:
    tiles = getattr(image, "tile", None)  # of a file; what was made in memory has none
    if not tiles:
        return ""
    words = tiles[0][3]
    first = words[0] if isinstance(words, tuple) and words else words
    return first if isinstance(first, str) else ""


@cache
def _formats() -> tuple[str, ...]:
    """Of FORMATS those that this Pillow can read. Once a process, before the first image."""
    import pi_heif

    pi_heif.register_heif_opener()
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)
