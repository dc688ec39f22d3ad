"""kinds: which files are pictures, by their names."""

from __future__ import annotations

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
