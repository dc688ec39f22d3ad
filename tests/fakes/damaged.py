"""Image files, damaged in every way that hypothesis can think of."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from heic_sample import HEIC
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

Damage = Callable[[bytes], bytes]

ROWS, COLUMNS = np.mgrid[0:40, 0:56]
PICTURE = np.stack([ROWS * 6, COLUMNS * 4, (ROWS * COLUMNS) % 251], axis=2).astype(np.uint8)
LENGTHS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
FORMS = ("<H", ">H", "<I", ">I")
SIDES = (0, 1, 300, 3000, 6000, 16_383, 65_500)  # px


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _samples() -> dict[str, bytes]:
    """Whole files, by their extension after a word on what is special about each."""
    rgb = Image.fromarray(PICTURE)
    deep = Image.fromarray(PICTURE[:, :, 0].astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a photograph of nothing"
    see_through = rgb.convert("RGBA")
    see_through.putalpha(128)
    return {
        "plain.jpg": _saved(rgb, "JPEG", exif=exif),
        "progressive.jpg": _saved(rgb, "JPEG", progressive=True, icc_profile=b"\0" * 200),
        "cmyk.jpg": _saved(rgb.convert("CMYK"), "JPEG"),
        "plain.png": _saved(rgb, "PNG", exif=exif),
        "palette.png": _saved(rgb.quantize(16), "PNG", transparency=3),
        "deep.png": _saved(deep, "PNG"),
        "lossy.webp": _saved(rgb, "WEBP", exif=exif),
        "lossless.webp": _saved(see_through, "WEBP", lossless=True),
        "plain.tif": _saved(rgb, "TIFF"),
        "deflate.tif": _saved(rgb, "TIFF", compression="tiff_adobe_deflate"),
        "lzw.tif": _saved(deep, "TIFF", compression="tiff_lzw"),
        "jpeg.tif": _saved(rgb, "TIFF", compression="jpeg"),
        "fax.tif": _saved(rgb.convert("1"), "TIFF", compression="group4"),
        "plain.bmp": _saved(rgb, "BMP"),
        "palette.bmp": _saved(rgb.quantize(16), "BMP"),
        "plain.heic": HEIC,
    }


SAMPLES = _samples()

ANYWHERE = st.sampled_from(range(8192))  # evenly; integers() has a liking for 0, the magic number
POSITIONS = st.one_of(st.sampled_from(range(64)), ANYWHERE, ANYWHERE, ANYWHERE)


def _cut(at: int) -> Damage:
    return lambda data: data[: at % len(data)]


def _flip(places: list[tuple[int, int]]) -> Damage:
    def flip(data: bytes) -> bytes:
        changed = bytearray(data)
        for at, bit in places:
            changed[at % len(changed)] ^= 1 << bit
        return bytes(changed)

    return flip


def _fill(at: int, length: int, value: int) -> Damage:
    def fill(data: bytes) -> bytes:
        start = at % len(data)
        block = bytes([value]) * len(data[start : start + length])
        return data[:start] + block + data[start + length :]

    return fill


def _graft(head: str, length: int) -> Damage:
    """Another file's beginning over or before this one's."""
    return lambda data: SAMPLES[head][:length] + data[length // 2 :]


def _number(at: int, form: str, value: int) -> Damage:
    def write(data: bytes) -> bytes:
        number = struct.pack(form, value & ((1 << 8 * struct.calcsize(form)) - 1))
        start = at % len(data)
        return data[:start] + number + data[start + len(number) :]

    return write


def _repeat(at: int, length: int, times: int) -> Damage:
    def repeat(data: bytes) -> bytes:
        start = at % len(data)
        return data[:start] + data[start : start + length] * times + data[start + length :]

    return repeat


def _resize(width: int, height: int) -> Damage:
    """Other sides in the header of those formats that have them in a known place: bombs."""

    def resize(data: bytes) -> bytes:
        if data.startswith(b"\x89PNG"):
            header = b"IHDR" + struct.pack(">II", width, height) + data[24:29]
            return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]
        if data.startswith(b"BM"):
            return data[:18] + struct.pack("<II", width, height) + data[26:]
        frame = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
        if data.startswith(b"\xff\xd8") and frame > 0:
            return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]
        box = data.find(b"ispe")
        if box > 0:
            return data[: box + 8] + struct.pack(">II", width, height) + data[box + 16 :]
        return data

    return resize


BYTES = st.integers(0, 255)
DAMAGES = st.one_of(
    st.builds(_cut, POSITIONS),
    st.builds(_flip, st.lists(st.tuples(POSITIONS, st.integers(0, 7)), min_size=1, max_size=8)),
    st.builds(_fill, POSITIONS, st.integers(1, 600), st.sampled_from([0, 255])),
    st.builds(_flip, st.lists(st.tuples(ANYWHERE, st.integers(0, 7)), min_size=1, max_size=2)),
    st.builds(_graft, st.sampled_from(sorted(SAMPLES)), st.integers(1, 80)),
    st.builds(_number, POSITIONS, st.sampled_from(FORMS), st.sampled_from(LENGTHS)),
    st.builds(_repeat, POSITIONS, st.integers(1, 400), st.sampled_from([0, 2, 3, 50])),
    st.builds(_resize, st.sampled_from(SIDES), st.sampled_from(SIDES)),
)  # fmt: skip


def damaged_files(count: int) -> list[tuple[str, bytes]]:
    """So many different files: names, with the extension of what each was, and contents.

    The same each time, with the same version of hypothesis.
    """
    files: dict[bytes, str] = {}

    @settings(
        max_examples=2 * count, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.sampled_from(sorted(SAMPLES)), st.lists(DAMAGES, min_size=1, max_size=2))
    def collect(name: str, damages: list[Damage]) -> None:
        data = SAMPLES[name]
        for damage in damages:
            data = damage(data) or b"\0"
        if data != SAMPLES[name] and len(files) < count:
            files.setdefault(data, f"{len(files):04}_{name}")

    collect()
    assert len(files) == count
    return [(name, data) for data, name in files.items()]
