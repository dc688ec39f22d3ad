"""metadata: what a file says beside its pixels. None of it may cost the picture.

Text may be of any length, a camera's notes of any type, and both may be damaged, while the pixels
are sound.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import IO

from PIL import Image, TiffImagePlugin

from automask.image.depth import Declared

ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_PNG = b"\x89PNG\r\n\x1a\n"
# Chunks that pixels, colours and orientation depend on, with the length of those of a fixed one.
_KEPT = {
    **dict.fromkeys((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"eXIf")),
    **dict.fromkeys((b"acTL", b"fcTL", b"fdAT")),
    b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4,
}  # fmt: skip
# Texts in which an orientation may stand (ImageMagick, Adobe).
_KEPT_TEXTS = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")
_MOST_INFLATED = 1 << 20  # Pillow's limit, above which it refuses the whole picture


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation, 1..8; 1 where there is none, or it cannot be told."""
    try:
        # Of a TIFF the tags of the page at hand; else from EXIF, or XMP.
        tags = image.tag_v2 if isinstance(image, TiffImagePlugin.TiffImageFile) else image.getexif()
        value = tags.get(ORIENTATION, 1)
        return _one_to_eight(value[0] if isinstance(value, (tuple, bytes)) else value)
    except Exception:  # whatever a library makes of damaged notes, the picture is there
        return 1


def _one_to_eight(value: object) -> int:
    number = int(value) if isinstance(value, (int, float)) else 1
    return number if 1 <= number <= 8 else 1


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """The picture turned and mirrored as `orientation` says; the same one where it is upright."""
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def pixels_only(file: IO[bytes]) -> tuple[IO[bytes], Declared]:
    """A PNG without its text, and what it says of its samples; any other file as it is.

    Texts and profiles that are too long are left out without being inflated, and so is what only
    describes the picture.
    """
    if file.read(8) != _PNG:
        file.seek(0)
        return file, Declared()
    kept, declared, is_whole = [_PNG], Declared(), True
    for kind, chunk in _chunks(file):
        if kind == b"sBIT" and len(chunk) > 12:
            declared = Declared(significant=max(chunk[8:-4]))
        if _is_kept(kind, chunk):
            kept.append(chunk)
        else:
            is_whole = False
    if is_whole:
        file.seek(0)
        return file, declared
    return BytesIO(b"".join(kept)), declared


def _chunks(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Kind and bytes (length, kind, data, CRC) of each chunk; a torn rest as it is."""
    while len(head := file.read(8)) == 8:
        length = int.from_bytes(head[:4], "big")
        yield head[4:], head + file.read(length + 4)


def _is_kept(kind: bytes, chunk: bytes) -> bool:
    data = chunk[8:-4]
    if kind[:1].islower() and zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
        return False
    if kind == b"iCCP":
        return _is_short(data[data.find(b"\0") + 2 :])
    if kind in (b"zTXt", b"iTXt", b"tEXt"):
        return _is_kept_text(kind, data)
    if kind not in _KEPT:
        return kind[:1].isupper()  # a critical one that is unknown: Pillow will say so
    length = _KEPT[kind]
    return length is None or length == len(data)


def _is_kept_text(kind: bytes, data: bytes) -> bool:
    if not data.startswith(_KEPT_TEXTS):
        return False
    if kind == b"zTXt":
        return _is_short(data[data.find(b"\0") + 2 :])
    is_packed = kind == b"iTXt" and data[data.find(b"\0") + 1 :][:1] == b"\1"
    return not is_packed and len(data) < _MOST_INFLATED


def _is_short(packed: bytes) -> bool:
    """Whether zlib data inflate to what Pillow takes; never inflates more than that."""
    inflate = zlib.decompressobj()
    with suppress(zlib.error):
        inflate.decompress(packed, _MOST_INFLATED)
        return not inflate.unconsumed_tail
    return False
