"""metadata: what stands beside the pixels, long, odd or damaged, never costs the picture."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo, iTXt

from automask.image.load import load

PIXELS = np.array([[[10, 20, 30], [200, 100, 50]]], np.uint8)  # 1 x 2


def png_with(*chunks: tuple[bytes, bytes], after: bool = False) -> bytes:
    """PIXELS with further chunks before, or after, the one that holds the pixels."""
    buffer = BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG")
    plain = buffer.getvalue()
    at = plain.index(b"IEND" if after else b"IDAT") - 4
    return plain[:at] + b"".join(map(packed, chunks)) + plain[at:]


def packed(chunk: tuple[bytes, bytes]) -> bytes:
    kind, data = chunk
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


LONG = zlib.compress(b"x" * 1_500_000)
BOMB = zlib.compress(b"\0" * 300_000_000, 1)


@pytest.mark.parametrize(
    "chunk",
    [
        (b"zTXt", b"workflow\0\0" + LONG),
        (b"iTXt", b"workflow\0\1\0\0\0" + LONG),
        (b"iTXt", b"workflow\0\0\0\0\0" + b"x" * 1_500_000),
        (b"tEXt", b"parameters\0" + b"x" * 70_000_000),
        (b"zTXt", b"Raw profile type exif\0\0" + LONG),
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + LONG),
        (b"iCCP", b"scanner\0\0" + LONG),
        (b"iCCP", b"scanner\0\0no zlib at all"),
        (b"iCCP", b"scanner\0\7" + LONG),
        (b"zTXt", b"broken\0\0no zlib at all"),
        (b"zTXt", b"broken\0\7of another method"),
        (b"iTXt", b"broken"),
        (b"gAMA", b"\0"),
        (b"cHRM", b"\0\0"),
        (b"pHYs", b"\0"),
        (b"eXIf", b"no EXIF at all"),
        (b"sBIT", b""),
    ],
    ids=lambda chunk: f"{chunk[0].decode()}-{chunk[1][:8]!r}",
)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_chunk_beside_the_pixels_does_not_cost_them(
    tmp_path: Path, chunk: tuple[bytes, bytes], after: bool
) -> None:
    (tmp_path / "a.png").write_bytes(png_with(chunk, after=after))
    assert load(tmp_path / "a.png").tolist() == PIXELS.tolist()


@pytest.mark.parametrize("kind", [b"gAMA", b"eXIf", b"iCCP", b"tIME", b"tEXt"])
def test_a_chunk_whose_checksum_is_wrong_does_not_cost_the_pixels(
    tmp_path: Path, kind: bytes
) -> None:
    whole = png_with((kind, b"\0\0\0\1"))
    at = whole.index(kind) + 4 + 4  # its checksum
    (tmp_path / "a.png").write_bytes(whole[:at] + b"\0\0\0\0" + whole[at + 4 :])
    assert load(tmp_path / "a.png").tolist() == PIXELS.tolist()


def test_texts_that_are_too_many_together_do_not_cost_the_pixels(tmp_path: Path) -> None:
    texts = [(b"zTXt", b"n%d\0\0" % n + zlib.compress(b"x" * 1_000_000)) for n in range(70)]
    (tmp_path / "a.png").write_bytes(png_with(*texts))
    assert load(tmp_path / "a.png").tolist() == PIXELS.tolist()


def test_a_text_as_pillow_writes_it(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_text("w", "x" * 1_500_000, zip=True)
    info.add_itxt("v", iTXt("y" * 1_500_000), zip=True)
    Image.fromarray(PIXELS).save(tmp_path / "a.png", pnginfo=info)
    assert load(tmp_path / "a.png").tolist() == PIXELS.tolist()


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_a_bomb_in_a_text_or_a_profile_is_not_inflated(tmp_path: Path, kind: bytes) -> None:
    (tmp_path / "a.png").write_bytes(png_with((kind, b"bomb\0\0" + BOMB)))
    tracemalloc.start()
    try:
        assert load(tmp_path / "a.png").tolist() == PIXELS.tolist()
        assert tracemalloc.get_traced_memory()[1] < 4 * len(BOMB) + (4 << 20)
    finally:
        tracemalloc.stop()


def test_an_orientation_in_a_text_is_heeded(tmp_path: Path) -> None:
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    (tmp_path / "a.png").write_bytes(png_with((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)))
    assert load(tmp_path / "a.png").tolist() == PIXELS.transpose(1, 0, 2).tolist()


# EXIF by hand: each entry is tag, type, count and four bytes of value or offset.

SHORT, LONG_TYPE, RATIONAL, SRATIONAL, ASCII, UNDEFINED = 3, 4, 5, 10, 2, 7
TURN = (0x0112, SHORT, 1, struct.pack("<HH", 6, 0))


def exif(*entries: tuple[int, int, int, bytes]) -> bytes:
    ordered = sorted(entries)
    body = b"".join(struct.pack("<HHI", *entry[:3]) + entry[3] for entry in ordered)
    ifd = struct.pack("<H", len(ordered)) + body + bytes(4)
    # Rationals of the entries lie at offset 8 + len(ifd): -1/0.
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + ifd + struct.pack("<ii", -1, 0)


def after(entries: int) -> bytes:
    return struct.pack("<I", 8 + 2 + 12 * entries + 4)


ODD = {
    "ResolutionUnit of count 0": (0x0128, SHORT, 0, bytes(4)),
    "ResolutionUnit of two values": (0x0128, SHORT, 2, struct.pack("<HH", 2, 2)),
    "XResolution of -1/0": (0x011A, SRATIONAL, 1, after(2)),
    "XResolution beyond the file": (0x011A, RATIONAL, 1, b"\xff\xff\xff\x7f"),
    "Make of count 0": (0x010F, ASCII, 0, bytes(4)),
    "Make that is a number": (0x010F, LONG_TYPE, 1, struct.pack("<I", 7)),
    "type that does not exist": (0x0100, 99, 1, bytes(4)),
    "count of four thousand millions": (0x0100, SHORT, 0xFFFFFFFF, bytes(4)),
    "Exif folder that leads nowhere": (0x8769, LONG_TYPE, 1, b"\xff\xff\xff\x00"),
    "Exif folder that is text": (0x8769, ASCII, 4, b"abc\0"),
    "YCbCrPositioning undefined": (0x0213, UNDEFINED, 4, b"\0\1\2\3"),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_a_photograph_is_turned_whatever_else_its_exif_holds(
    tmp_path: Path, odd: str, name: str
) -> None:
    left_red = Image.new("RGB", (32, 16), (0, 0, 255))
    left_red.paste((255, 0, 0), (0, 0, 16, 16))
    left_red.save(tmp_path / name, exif=exif(TURN, ODD[odd]), quality=95)
    loaded = load(tmp_path / name)
    assert loaded.shape == (32, 16, 3)
    assert loaded[4, 8, 0] > 200 > 50 > loaded[4, 8, 2]  # a quarter clockwise: red on top


@pytest.mark.parametrize(
    "entry",
    [
        (0x0112, SHORT, 2, struct.pack("<HH", 6, 1)),
        (0x0112, LONG_TYPE, 1, struct.pack("<I", 6)),
        (0x0112, 1, 1, b"\6\0\0\0"),
    ],
    ids=["two values", "32 bits", "8 bits"],
)
def test_an_orientation_of_an_odd_type_is_heeded(
    tmp_path: Path, entry: tuple[int, int, int, bytes]
) -> None:
    Image.new("RGB", (32, 16)).save(tmp_path / "a.jpg", exif=exif(entry))
    assert load(tmp_path / "a.jpg").shape == (32, 16, 3)


@pytest.mark.parametrize(
    "entry",
    [
        (0x0112, SHORT, 0, bytes(4)),
        (0x0112, ASCII, 2, b"6\0\0\0"),
        (0x0112, SRATIONAL, 1, after(1)),
    ],
    ids=["no value", "text", "-1/0"],
)
def test_an_orientation_that_cannot_be_told_leaves_the_picture_as_it_is(
    tmp_path: Path, entry: tuple[int, int, int, bytes]
) -> None:
    Image.new("RGB", (32, 16)).save(tmp_path / "a.jpg", exif=exif(entry))
    assert load(tmp_path / "a.jpg").shape == (16, 32, 3)
