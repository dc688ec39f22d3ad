"""deep_files: samples of more than 8 bits as a file holds them.

Pillow reads one channel of them whole, of several the upper 8 bits alone, and many a TIFF not at
all. tifffile reads every kind of sample, OpenCV what is packed in ways that tifffile leaves to
another library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import TiffImagePlugin
from tifffile import TiffFile, TiffPage

from automask.errors import ImageError
from automask.image.decode import Picture, named_errors, refuse_too_large
from automask.image.depth import Declared, Values
from automask.image.pages import best_page

TIFF_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# Tags: TIFF 6.0 with its supplements, and GDAL's.
BITS, PHOTOMETRIC, EXTRA, NODATA = 258, 262, 338, 42113
LOWEST = (340, 280)  # SMinSampleValue, MinSampleValue
HIGHEST = (341, 281)  # SMaxSampleValue, MaxSampleValue
WHITE_IS_ZERO, SEPARATED = 0, 5
BANDS = 3  # of a picture with many, those that are shown


@dataclass(frozen=True)
class Deep:
    """The samples of a picture, not turned yet."""

    values: Values  # H x W, or H x W x C: gray and alpha, RGB, RGBA
    declared: Declared
    is_inverted: bool = False  # 0 is white
    note: str | None = None
    orientation: int = 1


def deep_samples(picture: Picture) -> Deep | None:
    """The samples of an opened picture that has more than 8 bits of them; None: it has not."""
    image, file = picture.image, picture.file
    tags = image.tag_v2 if isinstance(image, TiffImagePlugin.TiffImageFile) else {}
    declared = _declared(tags.get, picture.declared)
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        if picture.layout.startswith("I;16") and values.dtype == np.int32:
            values = values.astype(np.int16)  # signed ones, which Pillow has no mode for
        is_inverted = tags.get(PHOTOMETRIC) == WHITE_IS_ZERO
        return Deep(values, declared, is_inverted, picture.note, picture.orientation)
    is_tiff = isinstance(image, TiffImagePlugin.TiffImageFile)
    # Of channels that lie one after the other Pillow's layout does not tell.
    is_deep = max(_numbers(tags.get(BITS))) > 8 if is_tiff else ";16" in picture.layout
    if not is_deep or image.mode == "CMYK":
        return None
    if is_tiff:
        with TiffFile(file) as tiff:
            values, note = _tiff_values(file, tiff, image.tell(), picture.note)
    else:
        picture.data.seek(0)
        values, note = _by_opencv(file, picture.data.read(), 0), picture.note
    return Deep(values, declared, note=note, orientation=picture.orientation)


def deep_tiff(file: Path, max_pixels: int) -> Deep | None:
    """The samples of a TIFF that Pillow does not know; None: it is none.

    Raises ImageError where it cannot be read.
    """
    with file.open("rb") as data:
        if data.read(4) not in TIFF_MARKS:
            return None
    with named_errors(file), TiffFile(file) as tiff:
        pages = [page for page in tiff.pages if isinstance(page, TiffPage)]
        sizes = [(page.imagewidth, page.imagelength) for page in pages]
        best, note = best_page(sizes)
        refuse_too_large(file, sizes[best], max_pixels)
        tags = {tag.code: tag.value for tag in pages[best].tags.values()}
        values, note = _tiff_values(file, tiff, best, note)
        return Deep(
            values,
            _declared(tags.get, Declared()),
            tags.get(PHOTOMETRIC) == WHITE_IS_ZERO,
            note,
            int(tags.get(274, 1)),
        )


def _declared(tag: Callable[[int], object], known: Declared) -> Declared:
    """What a TIFF's tags say of its samples, beside what is known."""
    return replace(
        known,
        bits=_bits(tag(BITS)),
        black=_first(_number(tag(code)) for code in LOWEST),
        white=_first(_number(tag(code)) for code in HIGHEST),
        nodata=_number(tag(NODATA)),
    )


def _first(numbers: Iterator[float | None]) -> float | None:
    return next((number for number in numbers if number is not None), None)


def _bits(value: object) -> int | None:
    bits = _number(value)
    return int(bits) if bits is not None and bits % 8 else None


def _numbers(value: object) -> tuple[int, ...]:
    return value if isinstance(value, tuple) and value else (0,)


def _number(value: object) -> float | None:
    """A tag's number; of several channels the first's. None where it is none."""
    one = value[0] if isinstance(value, tuple) and value else value
    try:
        return float(one.strip("\0 ") if isinstance(one, str) else one)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _tiff_values(
    file: Path, tiff: TiffFile, index: int, note: str | None
) -> tuple[Values, str | None]:
    page = tiff.pages[index]
    assert isinstance(page, TiffPage)
    try:
        values = page.asarray()
    except Exception:  # packed in a way that tifffile has no part for
        return _by_opencv(file, file.read_bytes(), index), note
    values = np.moveaxis(values, 0, -1) if page.axes == "SYX" else values
    if page.axes not in ("YX", "YXS", "SYX"):
        raise ImageError(f"{file.name!a}: a TIFF of {page.axes}, not of a picture")
    if np.issubdtype(values.dtype, np.complexfloating):
        raise ImageError(f"{file.name!a}: complex numbers are no picture; save their magnitude")
    if page.photometric == SEPARATED:
        raise ImageError(f"{file.name!a}: CMYK of {values.dtype}; save it as RGB")
    return _shown_bands(values, len(page.extrasamples), note)


def _shown_bands(values: Values, extra: int, note: str | None) -> tuple[Values, str | None]:
    """Gray, gray and alpha, RGB or RGBA of what may be more."""
    if values.ndim == 2:
        return values, note
    bands = values.shape[2]
    if bands == 1:
        return values[..., 0], note
    if bands - extra in (1, BANDS) and extra <= 1:
        return values, note
    told = f"bands 1 to {BANDS} of {bands}" if bands > BANDS else f"band 1 of {bands}"
    shown = values[..., :BANDS] if bands >= BANDS else values[..., 0]
    return shown, "; ".join(filter(None, (note, told)))


def _by_opencv(file: Path, data: bytes, index: int) -> Values:
    """All bits of a page, gray, RGB or RGBA. Raises ImageError where OpenCV cannot read it."""
    packed = np.frombuffer(data, np.uint8)
    with _quiet():
        try:
            _, pages = cv2.imdecodemulti(packed, cv2.IMREAD_UNCHANGED, range=(index, index + 1))
        except cv2.error as error:
            raise ImageError(f"{file.name!a}: damaged, or of a kind not supported") from error
    if not pages:
        raise ImageError(f"{file.name!a}: damaged, or of a kind not supported")
    values: NDArray[np.generic] = pages[0]
    if values.ndim == 2:
        return values
    return values[..., [2, 1, 0, 3][: values.shape[2]]]


@contextmanager
def _quiet() -> Iterator[None]:
    """OpenCV writes on the terminal what it also raises."""
    before = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)
