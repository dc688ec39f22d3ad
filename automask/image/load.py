"""load: a file becomes H x W x 3 uint8 RGB, upright, whatever it was before."""

from __future__ import annotations

import stat
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from automask.errors import ImageError

# The largest cameras give 150 megapixels; more is a panorama or a decompression bomb, and the
# proposals would be made on a small copy anyway.
MAX_PIXELS = 160_000_000


def load(file: Path, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Reads a photograph as H x W x 3 uint8 RGB, EXIF orientation applied.

    Grayscale and palette become RGB, transparent pixels are composed on white, CMYK is converted,
    16 bits a channel are scaled to 8, of an animation the first frame is taken.

    Raises ImageError, naming the file, where it is not a file, not an image, damaged, or has more
    than `max_pixels` pixels.
    """
    try:
        _refuse_special_files(file)
        with warnings.catch_warnings():
            # Pillow warns at 89 megapixels; our own limit decides, and it is an error.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _read(file, max_pixels)
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(f"{file.name!a}: not an image, or of a kind not supported") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{file.name!a}: too large to open safely ({error})") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise ImageError(f"{file.name!a}: cannot be read: {reason}") from error
    except (ValueError, SyntaxError, EOFError, TypeError, IndexError, KeyError) as error:
        # Pillow's format plugins raise these on damaged headers.
        raise ImageError(f"{file.name!a}: damaged image: {error}") from error


def _refuse_special_files(file: Path) -> None:
    """A pipe or a device named .jpg would block the worker for ever."""
    info = file.stat()
    if not stat.S_ISREG(info.st_mode):
        raise ImageError(f"{file.name!a}: not a regular file")
    if info.st_size == 0:
        raise ImageError(f"{file.name!a}: the file is empty (0 bytes); copy it again")


def _read(file: Path, max_pixels: int) -> NDArray[np.uint8]:
    _register_heif(file)
    with Image.open(file) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise ImageError(
                f"{file.name!a}: {width} x {height} is more than {max_pixels} pixels; "
                "shrink it, or raise max_pixels in the config"
            )
        image.load()
        upright = ImageOps.exif_transpose(image)
        return np.ascontiguousarray(np.asarray(_to_rgb(upright), dtype=np.uint8))


def _register_heif(file: Path) -> None:
    if file.suffix.lower() in (".heic", ".heif"):
        import pi_heif

        pi_heif.register_heif_opener()


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return Image.fromarray(_to_8_bit(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _to_8_bit(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """One deep channel to 8 bits: integers by their 16-bit range, floats by 0..1 or their own."""
    deep = np.nan_to_num(values.astype(np.float64))
    if np.issubdtype(values.dtype, np.integer):
        low, high = 0.0, 65535.0 if deep.max(initial=0) > 255 else 255.0
    else:
        low, high = min(0.0, deep.min(initial=0)), max(1.0, deep.max(initial=0))
    return np.clip((deep - low) / (high - low) * 255 + 0.5, 0, 255).astype(np.uint8)
