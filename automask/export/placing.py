"""Photographs that an export includes: unchanged, or re-encoded so that every reader agrees.

A reader that ignores the EXIF orientation would lay an upright mask over a photograph stored on its
side. Such photographs, and file types that the format's readers do not know, are written as upright
JPEG.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from automask.config import MAX_PIXELS
from automask.errors import ImageError, OutputError
from automask.export.source import Photo
from automask.export.target import Target
from automask.image.decode import opened_picture
from automask.image.load import load
from automask.image.raw import is_raw

# Suffixes by Pillow's names of formats.
COMMON = {
    "JPEG": ".jpg",
    "MPO": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "BMP": ".bmp",
    "TIFF": ".tif",
}
ONLY_JPEG = {"JPEG": ".jpg", "MPO": ".jpg"}
UPRIGHT = 1
JPEG_QUALITY = 95  # JPEG quality of re-encoded photographs, without chroma subsampling
ANEW = ".jpg"


@dataclass
class Placer:
    """Puts photographs into an export."""

    target: Target
    how: str  # copy or link
    known: Mapping[str, str]  # file types to keep: Pillow's names, with their suffixes
    max_pixels: int = MAX_PIXELS  # of a photograph
    anew: list[str] = field(default_factory=list)  # the re-encoded images

    def place(self, photo: Photo, folder: str) -> str:
        """Put a photograph into `folder` of the export.

        Args:
            photo: The photograph.
            folder: A folder of the export.

        Returns:
            Its path in the export.

        Raises:
            ImageError: It cannot be read, or its size is not that of its mask.
        """
        if photo.file is None:
            raise ImageError("the photographs were not found; name their folder with --images")
        suffix = self._kept_suffix(photo.file, photo.size)
        name = f"{folder}/{photo.flat}{suffix or ANEW}"
        if suffix is None:
            data = _upright_jpeg(photo.file, photo.size, self.max_pixels)
            self.target.write(name, data)
            self.anew.append(photo.image)
        else:
            self._transfer(photo.file, self.target.path(name), name)
        return name

    def _kept_suffix(self, file: Path, size: tuple[int, int]) -> str | None:
        """The suffix to keep; None if the photograph must be re-encoded or cannot be read."""
        if is_raw(file):  # inside is a TIFF, of which readers would show the thumbnail
            return None
        try:
            with opened_picture(file, self.max_pixels) as picture:
                image = picture.image
                is_fit = picture.orientation == UPRIGHT and image.size == size[::-1]
                is_first = image.tell() == 0  # the page that readers show
                return self.known.get(image.format or "") if is_fit and is_first else None
        except ImageError:
            return None

    def _transfer(self, file: Path, place: Path, name: str) -> None:
        try:
            if self.how == "link":
                _link(file, place)
            else:
                shutil.copyfile(file, place)
        except OSError as error:
            self.target.drop(name)
            if error.filename is not None and Path(error.filename) == file:
                raise ImageError(f"cannot be read: {error.strerror}") from error
            raise OutputError(f"cannot write {place}: {error.strerror}") from error


def _link(file: Path, place: Path) -> None:
    """A hard link, or a symbolic one across file systems."""
    file = file.resolve()  # a relative symbolic link leads elsewhere from another folder
    try:
        os.link(file, place)
    except OSError:
        place.symlink_to(file)


def _upright_jpeg(file: Path, size: tuple[int, int], max_pixels: int) -> bytes:
    pixels = load(file, max_pixels)
    if pixels.shape[:2] != size:
        raise ImageError(
            f"the photograph is {pixels.shape[1]} x {pixels.shape[0]} px now, its mask "
            f"{size[1]} x {size[0]}; mask it again"
        )
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()
