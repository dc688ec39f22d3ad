"""icc: colour profiles made from three primaries and a gamma, for pictures that name theirs only.

A camera set to Adobe RGB writes "R03" into EXIF and no profile; a PNG may have chromaticities.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]  # x, y of CIE 1931
Matrix = NDArray[np.float64]

D65: Point = (0.3127, 0.3290)
ADOBE_RGB: tuple[Point, Point, Point] = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
ADOBE_GAMMA = 563 / 256  # "Adobe RGB (1998) Color Image Encoding", 4.3.4.2
_D50 = np.array([0.9642, 1.0, 0.8249])  # of the profile connection space
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def matrix_profile(primaries: Sequence[Point], gamma: float, white: Point = D65) -> bytes:
    """An ICC profile (version 2) of an RGB display: x, y of red, green, blue and of white."""
    tags = {
        b"desc": _description(b"made by automask"),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": _xyz(_D50),
        **{b"rTRC": _curve(gamma), b"gTRC": _curve(gamma), b"bTRC": _curve(gamma)},
    }
    columns = _adapted(primaries, white).T
    for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True):
        tags[name] = _xyz(column)
    return _packed(tags)


def _adapted(primaries: Sequence[Point], white: Point) -> Matrix:
    """XYZ of red, green and blue in the columns, 3 x 3, as seen under D50."""
    unscaled = np.array([_to_xyz(point) for point in primaries]).T
    scales = np.linalg.solve(unscaled, _to_xyz(white))
    cones = (_BRADFORD @ _D50) / (_BRADFORD @ _to_xyz(white))
    return np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD @ (unscaled * scales)


def _to_xyz(point: Point) -> Matrix:
    x, y = point
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _xyz(values: Matrix) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(float(v) * 65536) for v in values))


def _curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def _description(text: bytes) -> bytes:
    ascii_part = b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + b"\0"
    return ascii_part + bytes(8 + 3 + 67)  # no Unicode, no Macintosh script


def _packed(tags: dict[bytes, bytes]) -> bytes:
    start = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    return _header(start + len(data)) + table + data


def _header(size: int) -> bytes:
    head = struct.pack(">I4sI", size, b"\0\0\0\0", 0x02400000) + b"mntrRGB XYZ "
    head += (
        bytes(12)
        + b"acsp"
        + bytes(28)
        + struct.pack(">3i", *(round(float(v) * 65536) for v in _D50))
    )
    return head.ljust(128, b"\0")
