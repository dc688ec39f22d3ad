"""kinds: which files are pictures, by their names; if a name is ambiguous, by their signatures."""

from __future__ import annotations

import os
import re

# What the plain installation reads.
EXTENSIONS = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".jif", ".mpo", ".png", ".apng", ".webp", ".tif",
    ".tiff", ".bmp", ".dib", ".gif", ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".j2k", ".j2c",
    ".jpc", ".jpf", ".jpx", ".avif", ".heic", ".heif", ".hif",
))  # fmt: skip
JPEG = frozenset((".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".jif", ".mpo"))
HEIF = frozenset((".heic", ".heif", ".hif"))
# What the extra `raw` reads (LibRaw); .raw alone may be anything.
RAW = frozenset((
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq",
    ".k25", ".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2",
    ".rwl", ".sr2", ".srf", ".srw", ".x3f",
))  # fmt: skip

# After the last dot of `Rome, 3. May 2019 at noon` there is no extension.
_EXTENSION = re.compile(r"\.[A-Za-z0-9_~+-]{1,12}")
_MARKS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\0", b"MM\0*", b"BM", b"\0\0\0\x0cjP")
_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"heim", b"heis")
_LONGEST_MARK = 16


def split_extension(name: str) -> tuple[str, str]:
    """A name (or path) and its extension with the dot; "" where what is behind it is none."""
    cut = name.rfind(".")
    is_hidden = cut <= 0 or name[cut - 1] == "/"  # .jpg is a name
    if is_hidden or not _EXTENSION.fullmatch(name, cut):
        return name, ""
    return name[:cut], name[cut:]


def extension_of(name: str) -> str:
    """In small letters, with its dot."""
    return split_extension(name)[1].lower()


def looks_like_picture(file: str | os.PathLike[str]) -> bool:
    """Whether a file begins as a picture does; False where it cannot be read."""
    try:
        with open(file, "rb") as data:
            head = data.read(_LONGEST_MARK)
    except OSError:
        return False
    is_webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    is_heif = head[4:8] == b"ftyp" and head[8:12] in _BRANDS
    return head.startswith(_MARKS) or is_webp or is_heif
