"""load, of files with more than 8 bits a sample, of any layout: the picture is not black."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from automask.errors import ImageError
from automask.image.load import load, load_photograph, load_small

Values = NDArray[np.generic]
SIDE = 32


def scene(white: float, dtype: type, bands: int = 0) -> Values:
    """A disc of `white` before darkness, SIDE x SIDE; its darkness is not quite 0."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    disc = np.where(np.hypot(x, y) < 10, white, white / 20)
    return (disc if not bands else np.repeat(disc[..., None], bands, axis=2)).astype(dtype)


def loaded_levels(file: Path) -> tuple[int, int]:
    """Level of the disc and of the darkness."""
    pixels = load(file)
    assert pixels.shape == (SIDE, SIDE, 3)
    return int(pixels[16, 16, 1]), int(pixels[0, 0, 1])


GRAY_TYPES = [np.uint16, np.int16, np.int32, np.uint32]


@pytest.mark.parametrize("dtype", GRAY_TYPES)
@pytest.mark.parametrize("white", [1020, 4080, 16320])
@pytest.mark.parametrize("bands", [0, 3, 4], ids=["gray", "RGB", "RGBA"])
def test_10_12_and_14_bits_in_a_tiff(tmp_path: Path, dtype: type, white: int, bands: int) -> None:
    values = scene(white, dtype, bands)
    if bands == 4:
        values[..., 3] = white
    options: dict[str, Any] = {"photometric": "rgb" if bands else "minisblack"}
    if bands == 4:
        options["extrasamples"] = ["unassalpha"]
    tifffile.imwrite(tmp_path / "a.tif", values, **options)
    disc, darkness = loaded_levels(tmp_path / "a.tif")
    assert disc >= 254 > 14 >= darkness >= 12
    assert "guessed" in load_photograph(tmp_path / "a.tif").notes[0]


@pytest.mark.parametrize("bands", [0, 3, 4], ids=["gray", "RGB", "RGBA"])
def test_12_bits_in_a_png(tmp_path: Path, bands: int) -> None:
    values = scene(4080, np.uint16, bands)
    if bands == 4:
        values[..., 3] = 65535
    cv2.imwrite(str(tmp_path / "a.png"), values)
    assert loaded_levels(tmp_path / "a.png") == (254, 13)


def test_colours_come_in_the_order_red_green_blue(tmp_path: Path) -> None:
    values = np.zeros((4, 4, 3), np.uint16)
    values[:] = (65535, 32768, 257)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb")
    cv2.imwrite(str(tmp_path / "a.png"), values[..., ::-1])
    for name in ("a.tif", "a.png"):
        assert load(tmp_path / name)[0, 0].tolist() == [255, 128, 1]


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "zlib"},
        {"compression": "zlib", "predictor": True},
        {"planarconfig": "separate"},
        {"tile": (16, 16)},
        {"byteorder": ">"},
        {"bigtiff": True},
    ],
    ids=str,
)
def test_layouts_of_an_rgb_tiff(tmp_path: Path, options: dict[str, Any]) -> None:
    values = scene(4080, np.uint16, 3)
    if "planarconfig" in options:
        values = np.moveaxis(values, -1, 0)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", **options)
    assert loaded_levels(tmp_path / "a.tif") == (254, 13)


def test_a_tiff_packed_with_lzw_is_read_by_opencv(tmp_path: Path) -> None:
    lzw = 5
    options = [cv2.IMWRITE_TIFF_COMPRESSION, lzw]
    cv2.imwrite(str(tmp_path / "a.tif"), scene(4080, np.uint16, 3), options)
    assert loaded_levels(tmp_path / "a.tif") == (254, 13)


def packed_12_bits(white: int, bands: int = 1) -> bytes:
    """A TIFF whose samples of 12 bits lie side by side: a disc of `white`."""
    values = scene(white, np.uint16).ravel().repeat(bands)
    bits = (values[:, None] >> np.arange(11, -1, -1)) & 1
    data = np.packbits(bits.astype(np.uint8).ravel()).tobytes()
    extra = struct.pack("<3H", 12, 12, 12)
    entries = [
        (256, 4, 1, SIDE), (257, 4, 1, SIDE),
        (258, 3, bands, 12 if bands == 1 else 8), (259, 3, 1, 1),
        (262, 3, 1, 1 if bands == 1 else 2), (273, 4, 1, 14), (277, 3, 1, bands),
        (278, 4, 1, SIDE), (279, 4, 1, len(data)),
    ]  # fmt: skip
    ifd = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries)
    return b"II*\0" + struct.pack("<I", 14 + len(data)) + extra + data + ifd + bytes(4)


def test_packed_12_bits_are_scaled_from_4095_without_a_guess(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(packed_12_bits(2048))
    photograph = load_photograph(tmp_path / "a.tif")
    assert (photograph.pixels[16, 16, 0], photograph.notes) == (128, ())


def test_packed_12_bits_in_colour(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(packed_12_bits(4080, bands=3))
    assert loaded_levels(tmp_path / "a.tif")[0] >= 254


def test_the_range_that_a_tiff_declares(tmp_path: Path) -> None:
    declared = [(340, "H", 1, 1000), (341, "H", 1, 3000)]
    values = np.array([[1000, 2000, 3000]], np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack", extratags=declared)
    assert load(tmp_path / "a.tif")[0, :, 0].tolist() == [0, 128, 255]


def test_the_significant_bits_that_a_png_declares(tmp_path: Path) -> None:
    buffer = BytesIO()
    Image.fromarray(np.array([[0, 2048]], np.uint16)).save(buffer, "PNG")
    plain = buffer.getvalue()
    at = plain.index(b"IDAT") - 4
    chunk = b"\0\0\0\1sBIT\x0c" + b"\xff\xff\xff\xff"
    chunk = chunk[:9] + struct.pack(">I", zlib.crc32(chunk[4:9]))
    (tmp_path / "a.png").write_bytes(plain[:at] + chunk + plain[at:])
    photograph = load_photograph(tmp_path / "a.png")
    assert (photograph.pixels[0, :, 0].tolist(), photograph.notes) == ([0, 128], ())


def test_16_bits_where_0_is_white(tmp_path: Path) -> None:
    values = np.array([[0, 65535]], np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="miniswhite")
    assert load(tmp_path / "a.tif")[0, :, 0].tolist() == [255, 0]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("bands", [0, 3], ids=["gray", "RGB"])
def test_a_float_tiff_with_a_corner_without_data(tmp_path: Path, dtype: type, bands: int) -> None:
    values = scene(0.9, dtype, bands)
    values[:8, :8] = np.nan if dtype is np.float16 else -3.4e38
    photometric = "rgb" if bands else "minisblack"
    tifffile.imwrite(tmp_path / "a.tif", values, photometric=photometric)
    photograph = load_photograph(tmp_path / "a.tif")
    assert photograph.pixels[16, 16, 0] in (229, 230)  # 0.9 * 255
    assert photograph.pixels[20, 0, 0] == 11
    assert photograph.void is not None
    assert photograph.void.sum() == 64
    assert photograph.notes == ("no data in 6.2% of it",)


def test_the_nodata_value_of_gdal(tmp_path: Path) -> None:
    values = scene(4095, np.uint16)
    values[:4] = 65535
    tags = [(42113, "s", 0, "65535", True)]
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack", extratags=tags)
    assert loaded_levels(tmp_path / "a.tif")[0] == 255


def test_a_hot_pixel_in_a_float_tiff(tmp_path: Path) -> None:
    values = scene(0.9, np.float32)
    values[2, 2] = 1e6
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack")
    assert loaded_levels(tmp_path / "a.tif")[0] in (229, 230)


def test_a_picture_of_many_bands_shows_the_first_three(tmp_path: Path) -> None:
    values = scene(4095, np.uint16, 6)
    values[..., 3:] = 0
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="minisblack", planarconfig="contig")
    photograph = load_photograph(tmp_path / "a.tif")
    assert photograph.pixels[16, 16].tolist() == [255, 255, 255]
    assert "bands 1 to 3 of 6" in photograph.notes


def test_a_deep_picture_is_turned_as_its_tag_says(tmp_path: Path) -> None:
    values = np.array([[[65535, 0, 0], [0, 0, 65535]]], np.uint16)
    tags = [(274, "H", 1, 6)]
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", extratags=tags)
    assert load(tmp_path / "a.tif").tolist() == [[[255, 0, 0]], [[0, 0, 255]]]


def test_the_limit_of_pixels_holds_for_tiffs_that_pillow_does_not_know(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", scene(1, np.float64), photometric="minisblack")
    with pytest.raises(ImageError, match=r"'a\.tif': 32 x 32 is more than 1000 pixels"):
        load(tmp_path / "a.tif", max_pixels=1000)


def test_a_small_copy_has_the_same_range(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", scene(4080, np.uint16, 3), photometric="rgb")
    assert load_small(tmp_path / "a.tif", 16).getpixel((8, 8)) == (254, 254, 254)


def test_a_torn_tiff_of_floats_is_refused_by_name(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", scene(1, np.float32, 3), photometric="rgb")
    whole = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(ImageError, match=r"'a\.tif'"):
        load(tmp_path / "a.tif")


def test_complex_numbers_are_no_picture(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.ones((8, 8), np.complex64), photometric="minisblack")
    with pytest.raises(ImageError, match=r"'a\.tif': complex numbers"):
        load(tmp_path / "a.tif")
