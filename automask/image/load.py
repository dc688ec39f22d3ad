"""load: a file becomes H x W x 3 uint8 RGB, upright, whatever it was before."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BufferedReader, FileIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from automask.config import MAX_PIXELS
from automask.errors import ImageError

# What a file is, its content says, not its name. These are read by libraries alone; of the others
# that Pillow knows, EPS is handed to another program, as which it may do anything.
FORMATS = (
    "JPEG", "MPO", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "PPM", "JPEG2000", "AVIF", "HEIF",
)  # fmt: skip


def load(file: Path, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Reads a photograph as H x W x 3 uint8 RGB, EXIF orientation applied.

    Grayscale and palette become RGB, transparent pixels are composed on white, CMYK is converted,
    16 bits a channel are scaled to 8, of an animation the first frame is taken.

    Raises ImageError, see `opened`.
    """
    with opened(file, max_pixels) as upright:
        return np.ascontiguousarray(np.asarray(_to_rgb(upright), dtype=np.uint8))


def load_small(file: Path, longest_px: int, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """The same as an RGB picture whose longer side is `longest_px` at most, sooner for a JPEG.

    Raises ImageError, see `opened`.
    """
    with opened(file, max_pixels, longest_px) as upright:
        small = _to_rgb(upright)
        small.thumbnail((longest_px, longest_px), reducing_gap=2.0)
        return small


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


@contextmanager
def opened(
    file: Path, max_pixels: int = MAX_PIXELS, enough_px: int | None = None
) -> Iterator[Image.Image]:
    """A picture in its own mode, decoded, EXIF orientation applied.

    enough_px: of the longer side; a JPEG may be decoded smaller, as far as that leaves twice as
    many. None: whole.

    Raises ImageError, naming the file, where it is not a file, not an image, damaged, or has more
    than `max_pixels` pixels.
    """
    try:
        _refuse_special_files(file)
        # Pillow's own guard, an error at twice this number, must not be stricter than ours.
        Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, max_pixels)
        with _Bounded(file) as data, Image.open(data, formats=_formats()) as image:
            _refuse_too_large(file, image.size, max_pixels)
            if enough_px is not None:
                _decode_smaller(image, 2 * enough_px)
            image.load()
            yield ImageOps.exif_transpose(image)
    except UnidentifiedImageError as error:
        raise ImageError(f"{file.name!a}: not an image, or of a kind not supported") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{file.name!a}: too large to open safely ({error})") from error
    except OSError as error:
        reason = error.strerror or _one_line(error)
        raise ImageError(f"{file.name!a}: cannot be read: {reason}") from error
    except (
        ValueError,
        SyntaxError,
        EOFError,
        TypeError,
        IndexError,
        KeyError,
        RuntimeError,
    ) as error:
        # Pillow's and libheif's format readers raise these on damaged files.
        raise ImageError(f"{file.name!a}: damaged image: {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    """Some libraries end their messages with a line break."""
    return " ".join(str(error).split())


def _refuse_special_files(file: Path) -> None:
    """A pipe or a device named .jpg would block the worker for ever."""
    info = file.stat()
    if not stat.S_ISREG(info.st_mode):
        raise ImageError(f"{file.name!a}: not a regular file")
    if info.st_size == 0:
        raise ImageError(f"{file.name!a}: the file is empty (0 bytes); copy it again")


def _refuse_too_large(file: Path, size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise ImageError(
            f"{file.name!a}: {width} x {height} is more than {max_pixels} pixels; "
            "shrink it, or raise max_pixels in the config"
        )


def _decode_smaller(image: Image.Image, longest_px: int) -> None:
    """Has a JPEG decoded at a half, a quarter or an eighth, if that is not below `longest_px`."""
    scale = longest_px / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    image.draft(None, (width, height))


@cache
def _formats() -> tuple[str, ...]:
    """Of FORMATS those that this Pillow can read. Once a process, before the first image."""
    import pi_heif

    pi_heif.register_heif_opener()
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return _from_deep(np.asarray(image), 0.0, 65535.0)
    if image.mode in ("I", "F"):
        values = np.asarray(image)
        return _from_deep(values, *_range(values))
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _range(values: NDArray[np.generic]) -> tuple[float, float]:
    """Black and white of a channel that does not say them: 8 or 16 bits, or floats of 0..1."""
    finite = values[np.isfinite(values)].astype(np.float64)
    highest, lowest = finite.max(initial=0), finite.min(initial=0)
    if np.issubdtype(values.dtype, np.integer):
        return 0.0, 65535.0 if highest > 255 else 255.0
    return min(0.0, lowest), max(1.0, highest)


def _from_deep(values: NDArray[np.generic], black: float, white: float) -> Image.Image:
    """One deep channel as RGB; what is not a number becomes black."""
    deep = np.nan_to_num(values.astype(np.float64), posinf=white, neginf=black)
    scaled = np.clip((deep - black) / (white - black) * 255 + 0.5, 0, 255)
    return Image.fromarray(scaled.astype(np.uint8)).convert("RGB")
