"""colour: whatever space a photograph is in, sRGB comes out."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from automask.image.colour import UNUSABLE
from automask.image.icc import ADOBE_GAMMA, ADOBE_RGB, matrix_profile
from automask.image.load import load, load_photograph, load_small

P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
PROPHOTO = ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001))
D50 = (0.3457, 0.3585)
PROFILES = {
    "Adobe RGB": matrix_profile(ADOBE_RGB, ADOBE_GAMMA),
    "P3 with gamma 2.2": matrix_profile(P3, 2.2),
    "ProPhoto": matrix_profile(PROPHOTO, 1.8, D50),
}
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# An orange in sRGB, 200 100 50, and its numbers in each space, worked out from the definitions:
# decoded to linear light, multiplied to XYZ, from there to the primaries, and raised to 1 / gamma.
ORANGE = (200, 100, 50)
IN_SPACE = {
    "Adobe RGB": (177, 100, 56),
    "P3 with gamma 2.2": (186, 105, 64),
    "ProPhoto": (143, 95, 50),
}
FILES: dict[str, dict[str, Any]] = {
    "a.png": {},
    "a.tif": {},
    "a.webp": {"lossless": True},
    "a.jpg": {"quality": 100, "subsampling": 0},
}


def is_near(pixel: np.ndarray, colour: tuple[int, int, int], within: int = 3) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= within)


@pytest.mark.parametrize("space", PROFILES)
@pytest.mark.parametrize("name", FILES)
def test_a_colour_is_the_same_in_whatever_space_it_was_written(
    tmp_path: Path, space: str, name: str
) -> None:
    image = Image.new("RGB", (16, 16), IN_SPACE[space])
    image.save(tmp_path / name, icc_profile=PROFILES[space], **FILES[name])
    photograph = load_photograph(tmp_path / name)
    assert is_near(photograph.pixels[8, 8], ORANGE)
    assert photograph.notes == ()


def test_srgb_with_its_profile_is_not_touched(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (16, 16, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=SRGB)
    assert load(tmp_path / "a.png").tolist() == pixels.tolist()


def test_transparency_outlives_the_conversion(tmp_path: Path) -> None:
    image = Image.new("RGBA", (16, 16), (*IN_SPACE["Adobe RGB"], 255))
    image.paste((0, 0, 0, 0), (0, 0, 4, 16))
    image.save(tmp_path / "a.png", icc_profile=PROFILES["Adobe RGB"])
    pixels = load(tmp_path / "a.png")
    assert pixels[8, 1].tolist() == [255, 255, 255]
    assert is_near(pixels[8, 8], ORANGE)


def test_a_deep_picture_is_converted_too(tmp_path: Path) -> None:
    import tifffile

    values = np.empty((8, 8, 3), np.uint16)
    values[:] = [level * 257 for level in IN_SPACE["Adobe RGB"]]
    tifffile.imwrite(
        tmp_path / "a.tif", values, photometric="rgb", iccprofile=PROFILES["Adobe RGB"]
    )
    assert is_near(load(tmp_path / "a.tif")[4, 4], ORANGE)


def test_a_small_copy_has_the_same_colours(tmp_path: Path) -> None:
    image = Image.new("RGB", (64, 64), IN_SPACE["Adobe RGB"])
    image.save(tmp_path / "a.png", icc_profile=PROFILES["Adobe RGB"])
    assert is_near(np.asarray(load_small(tmp_path / "a.png", 8))[4, 4], ORANGE)


def test_a_camera_s_adobe_rgb_has_no_profile_but_a_mark_in_exif(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    exif.get_ifd(0x8769)[0xA005] = {1: "R03"}
    image = Image.new("RGB", (16, 16), IN_SPACE["Adobe RGB"])
    image.save(tmp_path / "a.jpg", exif=exif, quality=100, subsampling=0)
    assert is_near(load(tmp_path / "a.jpg")[8, 8], ORANGE)


def png_with_chromaticities(gamma: float, srgb: bool = False) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (8, 8), IN_SPACE["Adobe RGB"]).save(buffer, "PNG")
    plain = buffer.getvalue()
    points = [0.3127, 0.3290, *(value for point in ADOBE_RGB for value in point)]
    chunks = [
        (b"cHRM", struct.pack(">8I", *(round(p * 100_000) for p in points))),
        (b"gAMA", struct.pack(">I", round(gamma * 100_000))),
    ]
    chunks += [(b"sRGB", b"\0")] if srgb else []
    written = b"".join(
        struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks
    )
    at = plain.index(b"IDAT") - 4
    return plain[:at] + written + plain[at:]


def test_chromaticities_and_gamma_of_a_png_are_heeded(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_with_chromaticities(1 / ADOBE_GAMMA))
    assert is_near(load(tmp_path / "a.png")[4, 4], ORANGE)


def test_a_png_that_says_srgb_is_srgb_whatever_else_it_says(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_with_chromaticities(1 / ADOBE_GAMMA, srgb=True))
    assert load(tmp_path / "a.png")[4, 4].tolist() == list(IN_SPACE["Adobe RGB"])


def test_lab_becomes_rgb(tmp_path: Path) -> None:
    lab = Image.new("LAB", (8, 8), (128, 128, 128))  # half of the lightness, no hue
    lab.save(tmp_path / "a.tif")
    pixel = load(tmp_path / "a.tif")[4, 4]
    assert is_near(pixel, (119, 119, 119), within=4)


@pytest.mark.parametrize("profile", [b"no profile at all", SRGB[:200], b"\0" * 300])
def test_a_profile_that_cannot_be_used_is_left_out_and_named(
    tmp_path: Path, profile: bytes
) -> None:
    Image.new("RGB", (8, 8), ORANGE).save(tmp_path / "a.png", icc_profile=profile)
    photograph = load_photograph(tmp_path / "a.png")
    assert photograph.pixels[4, 4].tolist() == list(ORANGE)
    assert photograph.notes == (UNUSABLE,)


def test_a_profile_of_another_kind_of_picture_is_left_out(tmp_path: Path) -> None:
    Image.new("L", (8, 8), 90).save(tmp_path / "a.png", icc_profile=PROFILES["Adobe RGB"])
    assert load(tmp_path / "a.png")[4, 4].tolist() == [90, 90, 90]
