"""raw: a camera's raw file, developed; and what is said where nothing can develop it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from automask.errors import ImageError
from automask.image import raw as raw_module
from automask.image.load import load, load_small
from automask.image.raw import is_raw

SIDE = 64
BYTE, ASCII, SHORT, LONG, RATIONAL, SRATIONAL = 1, 2, 3, 4, 5, 10
SIZES = {BYTE: "B", ASCII: "B", SHORT: "H", LONG: "I", RATIONAL: "2I", SRATIONAL: "2i"}


def dng(orientation: int = 1) -> bytes:
    """A DNG of SIDE x SIDE samples behind a Bayer filter: the left half white, the right dark."""
    samples = np.full((SIDE, SIDE), 400, np.uint16)
    samples[:, : SIDE // 2] = 3600
    data = samples.tobytes()
    unit = [(1, 1), (0, 1), (0, 1)]
    matrix = [pair for row in (unit, unit[-1:] + unit[:-1], unit[-2:] + unit[:-2]) for pair in row]
    entries = [
        (254, LONG, [0]), (256, LONG, [SIDE]), (257, LONG, [SIDE]), (258, SHORT, [16]),
        (259, SHORT, [1]), (262, SHORT, [32803]), (271, ASCII, list(b"Made\0")),
        (272, ASCII, list(b"Up\0")), (273, LONG, [8]), (274, SHORT, [orientation]),
        (277, SHORT, [1]), (278, LONG, [SIDE]), (279, LONG, [len(data)]),
        (33421, SHORT, [2, 2]), (33422, BYTE, [0, 1, 1, 2]), (50706, BYTE, [1, 4, 0, 0]),
        (50708, ASCII, list(b"Made Up\0")), (50714, SHORT, [0]), (50717, SHORT, [4095]),
        (50721, SRATIONAL, [n for pair in matrix for n in pair]),
        (50728, RATIONAL, [1, 1, 1, 1, 1, 1]), (50778, SHORT, [21]),
    ]  # fmt: skip
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + folder(entries, 8 + len(data))


def folder(entries: list[tuple[int, int, list[int]]], start: int) -> bytes:
    """A TIFF's folder at byte `start`, its longer values behind it."""
    head, rest = struct.pack("<H", len(entries)), b""
    after = start + 2 + 12 * len(entries) + 4
    for tag, kind, values in entries:
        count = len(values) // (2 if kind in (RATIONAL, SRATIONAL) else 1)
        packed = b"".join(struct.pack("<" + SIZES[kind][-1], value) for value in values)
        if len(packed) <= 4:
            head += struct.pack("<HHI", tag, kind, count) + packed.ljust(4, b"\0")
        else:
            head += struct.pack("<HHII", tag, kind, count, after + len(rest))
            rest += packed
    return head + bytes(4) + rest


@pytest.fixture
def _rawpy() -> None:
    pytest.importorskip("rawpy", reason="the extra raw is not installed")


@pytest.mark.usefixtures("_rawpy")
def test_a_raw_file_is_developed(tmp_path: Path) -> None:
    (tmp_path / "a.dng").write_bytes(dng())
    pixels = load(tmp_path / "a.dng")
    assert pixels.dtype == np.uint8
    assert pixels.shape[2] == 3
    assert pixels[:, 10:20].mean() > 2 * pixels[:, -20:-10].mean()


@pytest.mark.usefixtures("_rawpy")
def test_a_raw_file_is_turned_as_the_camera_was_held(tmp_path: Path) -> None:
    (tmp_path / "a.DNG").write_bytes(dng(orientation=6))
    pixels = load(tmp_path / "a.DNG")
    assert pixels[10:20].mean() > 2 * pixels[-20:-10].mean()


@pytest.mark.usefixtures("_rawpy")
def test_a_small_copy_of_a_raw_file(tmp_path: Path) -> None:
    (tmp_path / "a.dng").write_bytes(dng())
    assert max(load_small(tmp_path / "a.dng", 20).size) == 20


@pytest.mark.usefixtures("_rawpy")
def test_a_raw_file_above_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.dng").write_bytes(dng())
    with pytest.raises(ImageError, match=r"'a\.dng': .* is more than 100 pixels"):
        load(tmp_path / "a.dng", max_pixels=100)


@pytest.mark.usefixtures("_rawpy")
@pytest.mark.parametrize("data", [b"", b"no raw file", dng()[:3000]])
def test_a_damaged_raw_file_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.cr2").write_bytes(data)
    with pytest.raises(ImageError, match=r"'a\.cr2'"):
        load(tmp_path / "a.cr2")


def test_without_the_extra_the_error_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_module, "can_read_raw", lambda: False)
    (tmp_path / "a.nef").write_bytes(dng())
    with pytest.raises(ImageError, match=r"'a\.nef': .*pip install 'automask\[raw\]'"):
        load(tmp_path / "a.nef")


def test_raw_files_are_told_by_their_names() -> None:
    assert [is_raw(name) for name in ("a.CR2", "b/c.dng", "a.tif", "cr2")] == [
        True, True, False, False,
    ]  # fmt: skip
