"""Photographs that go along with an export: as they are, or made such that every reader agrees.

A reader that ignores the EXIF orientation would lay an upright mask over a photograph that lies on
its side. Such photographs, and kinds of files that the format's readers do not know, are written
anew: upright, as JPEG.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from automask.errors import ImageError, OutputError
from automask.export.source import Photo
from automask.export.target import Target
from automask.image.load import load

# Suffixes of the formats that Pillow names so.
COMMON = {
    "JPEG": ".jpg",
    "MPO": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "BMP": ".bmp",
    "TIFF": ".tif",
}
ONLY_JPEG = {"JPEG": ".jpg", "MPO": ".jpg"}
ORIENTATION = 0x0112
UPRIGHT = 1
JPEG_QUALITY = 95  # of photographs written anew; with no colour left out
ANEW = ".jpg"


@dataclass
class Placer:
    """Puts photographs into an export."""

    target: Target
    how: str  # copy or link
    known: Mapping[str, str]  # Pillow's names of the kinds of files to keep, with their suffixes
    anew: list[str] = field(default_factory=list)  # the images that were written anew

    def place(self, photo: Photo, folder: str) -> str:
        """Puts a photograph into `folder` of the export; returns its path there.

        Raises ImageError where the photograph cannot be read or has another size than its mask.
        """
        if photo.file is None:
            raise ImageError("the photographs are not at hand; name their folder with --images")
        suffix = self._kept_suffix(photo.file, photo.size)
        name = f"{folder}/{photo.flat}{suffix or ANEW}"
        if suffix is None:
            data = _upright_jpeg(photo.file, photo.size)
            self.target.write(name, data)
            self.anew.append(photo.image)
        else:
            self._transfer(photo.file, self.target.path(name), name)
        return name

    def _kept_suffix(self, file: Path, size: tuple[int, int]) -> str | None:
        """None: it must be written anew, or `load` will say what is wrong with it."""
        try:
            with Image.open(file) as image:
                orientation = image.getexif().get(ORIENTATION, UPRIGHT)
                is_fit = orientation == UPRIGHT and image.size == size[::-1]
                return self.known.get(image.format or "") if is_fit else None
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
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
    """A hard link, or a symbolic one where the folders lie on different file systems."""
    file = file.resolve()  # a relative symbolic link leads elsewhere from another folder
    try:
        os.link(file, place)
    except OSError:
        place.symlink_to(file)


def _upright_jpeg(file: Path, size: tuple[int, int]) -> bytes:
    pixels = load(file)
    if pixels.shape[:2] != size:
        raise ImageError(
            f"the photograph is {pixels.shape[1]} x {pixels.shape[0]} px now, its mask "
            f"{size[1]} x {size[0]}; mask it again"
        )
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()
