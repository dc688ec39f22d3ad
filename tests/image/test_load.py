"""load: whatever the file was, upright H x W x 3 uint8 RGB comes out, or an error names it."""

from __future__ import annotations

import os
import signal
import struct
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from heic_sample import HEIC
from numpy.typing import NDArray
from PIL import Image

from automask.errors import ImageError
from automask.image import decode as decode_module
from automask.image.load import load, load_small, opened

Pixels = NDArray[np.uint8]

RED, GREEN, BLUE = [255, 0, 0], [0, 255, 0], [0, 0, 255]
WHITE, BLACK, GRAY = [255, 255, 255], [0, 0, 0], [90, 90, 90]
# 2 x 3 pixels that no turn and no mirroring maps onto themselves.
PICTURE = np.array([[RED, GREEN, BLUE], [WHITE, BLACK, GRAY]], np.uint8)


def saved(file: Path, image: Image.Image, **options: Any) -> Path:
    image.save(file, **options)
    return file


def exif_orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def png_with_header(width: int, height: int) -> bytes:
    """A 1-bit PNG that claims this size in its header and holds a single byte of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@contextmanager
def must_not_block(seconds: int = 5) -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise TimeoutError(f"blocked for {seconds} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# What a file holds comes out as RGB.


def test_rgb_comes_out_unchanged(tmp_path: Path) -> None:
    loaded = load(saved(tmp_path / "a.png", Image.fromarray(PICTURE)))
    assert loaded.tolist() == PICTURE.tolist()


def test_the_array_is_uint8_and_contiguous(tmp_path: Path) -> None:
    loaded = load(saved(tmp_path / "a.png", Image.fromarray(PICTURE), exif=exif_orientation(6)))
    assert (loaded.dtype, loaded.flags.c_contiguous) == (np.uint8, True)


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.bmp", {}), ("a.tif", {}), ("a.webp", {"lossless": True})],
    ids=["BMP", "TIFF", "WebP"],
)
def test_other_lossless_formats_come_out_unchanged(
    tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    assert load(saved(tmp_path / name, Image.fromarray(PICTURE), **options)).tolist() == (
        PICTURE.tolist()
    )


def test_a_jpeg_keeps_its_colours_in_rgb_order(tmp_path: Path) -> None:
    plain = Image.new("RGB", (16, 8), (200, 30, 60))
    loaded = load(saved(tmp_path / "a.jpg", plain, quality=95))
    assert loaded.shape == (8, 16, 3)
    assert np.abs(loaded.astype(int) - [200, 30, 60]).max() <= 3  # JPEG rounds in YCbCr


def test_a_heic_photograph_comes_out_in_rgb_order(tmp_path: Path) -> None:
    (tmp_path / "a.HEIC").write_bytes(HEIC)
    loaded = load(tmp_path / "a.HEIC").astype(int)
    assert loaded.shape == (32, 64, 3)
    assert np.abs(loaded[16, 8] - [200, 30, 30]).max() <= 8  # lossy at quality 20
    assert np.abs(loaded[16, 56] - [30, 30, 200]).max() <= 8


def test_a_heic_photograph_named_jpg_is_read_by_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a process that has met no .heic yet; otherwise the result would depend on the order.
    Image.init()
    monkeypatch.setattr(Image, "OPEN", {k: v for k, v in Image.OPEN.items() if k != "HEIF"})
    monkeypatch.setattr(Image, "ID", [name for name in Image.ID if name != "HEIF"])
    decode_module._formats.cache_clear()
    (tmp_path / "a.jpg").write_bytes(HEIC)
    assert load(tmp_path / "a.jpg").shape == (32, 64, 3)


def test_grayscale_becomes_three_equal_channels(tmp_path: Path) -> None:
    gray = Image.fromarray(np.array([[0, 100, 255]], np.uint8))
    loaded = load(saved(tmp_path / "a.png", gray))
    assert loaded.tolist() == [[[0, 0, 0], [100, 100, 100], [255, 255, 255]]]


def test_one_bit_becomes_black_and_white(tmp_path: Path) -> None:
    bits = Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1")
    assert load(saved(tmp_path / "a.png", bits)).tolist() == [[BLACK, WHITE]]


def palette_picture() -> Image.Image:
    """Three pixels: entry 2, entry 0, entry 1 of the palette red, green, blue."""
    image = Image.new("P", (3, 1))
    image.putpalette([*RED, *GREEN, *BLUE])
    for x, entry in enumerate((2, 0, 1)):
        image.putpixel((x, 0), entry)
    return image


def test_palette_entries_become_their_colours(tmp_path: Path) -> None:
    assert load(saved(tmp_path / "a.png", palette_picture())).tolist() == [[BLUE, RED, GREEN]]


def test_a_transparent_palette_entry_becomes_white(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.png", palette_picture(), transparency=0)
    assert load(file).tolist() == [[BLUE, WHITE, GREEN]]


def test_a_transparent_colour_of_an_rgb_png_becomes_white(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.png", Image.fromarray(PICTURE), transparency=(255, 0, 0))
    assert load(file)[0].tolist() == [WHITE, GREEN, BLUE]


def test_transparent_gray_is_composed_on_white(tmp_path: Path) -> None:
    # Gray 100 opaque; black wholly transparent; black at alpha 51 = 1/5: 255 * 4/5 = 204.
    pixels = np.array([[[100, 255], [0, 0], [0, 51]]], np.uint8)
    loaded = load(saved(tmp_path / "a.png", Image.fromarray(pixels, "LA")))
    assert loaded.tolist() == [[[100] * 3, WHITE, [204] * 3]]


def test_transparent_colour_is_composed_on_white(tmp_path: Path) -> None:
    # Red opaque; red wholly transparent; red at alpha 51 = 1/5: green and blue 255 * 4/5 = 204.
    pixels = np.array([[[*RED, 255], [*RED, 0], [*RED, 51]]], np.uint8)
    loaded = load(saved(tmp_path / "a.png", Image.fromarray(pixels)))
    assert loaded.tolist() == [[RED, WHITE, [255, 204, 204]]]


def test_cmyk_is_converted(tmp_path: Path) -> None:
    # Full cyan takes all red away; no ink is white; full black ink is black.
    inks = np.array([[[255, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 255]]], np.uint8)
    loaded = load(saved(tmp_path / "a.tif", Image.fromarray(inks, "CMYK")))
    assert loaded.tolist() == [[[0, 255, 255], WHITE, BLACK]]


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bit_gray_is_scaled_to_8_bits(tmp_path: Path, name: str) -> None:
    # 65535 / 255 = 257 steps each: 257 -> 1, 25700 -> 100, 128 steps more are nearer to 100, and
    # 129 more nearer to 101.
    deep = np.array([[0, 257, 25700, 25828, 25829, 65535]], np.uint16)
    loaded = load(saved(tmp_path / name, Image.fromarray(deep)))
    assert loaded[..., 0].tolist() == [[0, 1, 100, 100, 101, 255]]
    assert loaded.shape == (1, 6, 3)


def test_a_float_tiff_of_0_to_1_is_scaled_to_8_bits(tmp_path: Path) -> None:
    deep = np.array([[0.0, 0.2, 1.0]], np.float32)  # 0.2 * 255 = 51
    loaded = load(saved(tmp_path / "a.tif", Image.fromarray(deep)))
    assert loaded[..., 0].tolist() == [[0, 51, 255]]


def test_a_float_tiff_of_larger_values_is_scaled_by_its_own_range(tmp_path: Path) -> None:
    deep = np.array([[0.0, 1.0, 5.0]], np.float32)  # 1 / 5 * 255 = 51
    loaded = load(saved(tmp_path / "a.tif", Image.fromarray(deep)))
    assert loaded[..., 0].tolist() == [[0, 51, 255]]


def test_an_undefined_float_becomes_black(tmp_path: Path) -> None:
    deep = np.array([[np.nan, 1.0]], np.float32)
    loaded = load(saved(tmp_path / "a.tif", Image.fromarray(deep)))
    assert loaded[..., 0].tolist() == [[0, 255]]


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    first, second = (Image.new("RGB", (4, 2), tuple(colour)) for colour in (RED, BLUE))
    file = saved(tmp_path / "a.webp", first, save_all=True, append_images=[second], lossless=True)
    with Image.open(file) as image:
        assert image.n_frames == 2
    assert load(file).tolist() == [[RED] * 4] * 2


def test_a_single_pixel_is_an_image(tmp_path: Path) -> None:
    assert load(saved(tmp_path / "a.png", Image.fromarray(PICTURE[:1, :1]))).tolist() == [[RED]]


# EXIF orientation: how the camera was held. The stored picture is
#   R G B        R red, G green, B blue
#   W K D        W white, K black, D dark gray

LETTERS = {"R": RED, "G": GREEN, "B": BLUE, "W": WHITE, "K": BLACK, "D": GRAY}
UPRIGHT = {
    1: ["RGB", "WKD"],  # as stored
    2: ["BGR", "DKW"],  # mirrored left to right
    3: ["DKW", "BGR"],  # turned by half a turn
    4: ["WKD", "RGB"],  # mirrored top to bottom
    5: ["RW", "GK", "BD"],  # mirrored at the diagonal from top left
    6: ["WR", "KG", "DB"],  # turned a quarter clockwise
    7: ["DB", "KG", "WR"],  # mirrored at the diagonal from top right
    8: ["BD", "GK", "RW"],  # turned a quarter counter-clockwise
}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    exif = exif_orientation(orientation)
    loaded = load(saved(tmp_path / "a.png", Image.fromarray(PICTURE), exif=exif))
    expected = [[LETTERS[letter] for letter in row] for row in UPRIGHT[orientation]]
    assert loaded.tolist() == expected


def test_exif_orientation_of_a_jpeg_is_applied(tmp_path: Path) -> None:
    # Left half red, right half blue, turned a quarter clockwise: red on top.
    stored = Image.new("RGB", (32, 16), (255, 0, 0))
    stored.paste((0, 0, 255), (16, 0, 32, 16))
    loaded = load(saved(tmp_path / "a.jpg", stored, exif=exif_orientation(6), quality=95))
    assert loaded.shape == (32, 16, 3)
    assert loaded[4, 8, 0] > 200 > 50 > loaded[4, 8, 2]
    assert loaded[28, 8, 2] > 200 > 50 > loaded[28, 8, 0]


def test_an_orientation_that_does_not_exist_is_ignored(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.png", Image.fromarray(PICTURE), exif=exif_orientation(9))
    assert load(file).tolist() == PICTURE.tolist()


# What cannot be loaded is an ImageError that names the file and the fault.


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    with pytest.raises(ImageError, match=r"'a\.jpg': the file is empty"):
        load(tmp_path / "a.jpg")


def test_text_named_jpg_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("<html>404 Not Found</html>")
    with pytest.raises(ImageError, match=r"'a\.jpg': not an image"):
        load(tmp_path / "a.jpg")


def test_a_truncated_jpeg_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    file = saved(tmp_path / "a.jpg", Image.fromarray(noise))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(ImageError, match=r"'a\.jpg': damaged or incomplete file \(.*truncated"):
        load(file)


def test_a_png_without_its_pixels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_with_header(8, 8))
    with pytest.raises(ImageError, match=r"'a\.png': "):
        load(tmp_path / "a.png")


def test_a_damaged_heic_is_refused(tmp_path: Path) -> None:
    # Its `ispe` box claims 2**24 + 64 pixels of width, where the pixels are 64 wide.
    at = HEIC.index(b"ispe") + 8
    (tmp_path / "a.heic").write_bytes(HEIC[:at] + b"\1" + HEIC[at + 1 :])
    with pytest.raises(ImageError, match=r"'a\.heic': "):
        load(tmp_path / "a.heic")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"'a\.jpg': cannot be read: No such file"):
        load(tmp_path / "a.jpg")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").mkdir()
    with pytest.raises(ImageError, match=r"'a\.jpg': not a regular file"):
        load(tmp_path / "a.jpg")


def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    with must_not_block(), pytest.raises(ImageError, match=r"'a\.jpg': not a regular file"):
        load(tmp_path / "a.jpg")


def test_an_error_shows_a_name_that_is_not_utf8_in_ascii(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    file.touch()
    with pytest.raises(ImageError) as caught:
        load(file)
    assert str(caught.value).startswith(r"'caf\udce9.jpg': ")


# The limit of pixels.


def test_an_image_at_the_limit_of_pixels_is_loaded(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.png", Image.fromarray(PICTURE))
    assert load(file, max_pixels=6).shape == (2, 3, 3)


def test_an_image_above_the_limit_is_refused_with_the_remedy(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.png", Image.fromarray(PICTURE))
    with pytest.raises(ImageError, match=r"'a\.png': 3 x 2 is more than 5 pixels; .*max_pixels"):
        load(file, max_pixels=5)


def test_a_header_of_169_megapixels_is_refused_before_any_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_with_header(13_000, 13_000))
    with pytest.raises(ImageError, match="13000 x 13000 is more than 160000000 pixels"):
        load(tmp_path / "a.png")


def test_a_decompression_bomb_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_with_header(20_000, 20_000))
    with pytest.raises(ImageError, match=r"'a\.png': .*400000000"):
        load(tmp_path / "a.png")


def test_a_chunk_that_claims_two_gigabytes_takes_no_such_memory(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.png", Image.fromarray(PICTURE))
    whole = file.read_bytes()
    length = whole.index(b"IDAT") - 4
    file.write_bytes(whole[:length] + b"\x7f\xff\xff\xff" + whole[length + 4 :])
    tracemalloc.start()
    try:
        load(file)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_no_other_limit_than_max_pixels_applies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pillow's own limit is 179 megapixels; lowered here, so that a small picture stands for one
    # that is above it and that the user allowed with max_pixels.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2)
    file = saved(tmp_path / "a.png", Image.fromarray(PICTURE))
    assert load(file, max_pixels=6).tolist() == PICTURE.tolist()


def test_an_opened_picture_is_upright_in_its_own_mode(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was turned: a quarter to the right is upright
    Image.fromarray(np.array([[0, 255]], np.uint8)).save(tmp_path / "a.png", exif=turned)
    with opened(tmp_path / "a.png") as image:
        assert (image.mode, image.size) == ("L", (1, 2))
        assert np.asarray(image).tolist() == [[0], [255]]


def test_what_goes_wrong_with_an_opened_picture_names_its_file(tmp_path: Path) -> None:
    Image.fromarray(PICTURE).save(tmp_path / "a.png")
    with (
        pytest.raises(ImageError, match=r"'a\.png': damaged or incomplete file \(odd\)"),
        opened(tmp_path / "a.png"),
    ):
        raise ValueError("odd")


def test_a_drawing_that_another_program_would_have_to_run_is_refused(tmp_path: Path) -> None:
    """Pillow hands EPS, whatever its name, to Ghostscript."""
    file = tmp_path / "drawing.jpg"
    Image.new("RGB", (4, 4)).save(file, format="EPS")
    with pytest.raises(ImageError, match="not an image, or of a kind not supported"):
        load(file)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "PPM", "TIFF", "WEBP", "JPEG2000"])
def test_what_a_file_is_its_content_says_and_not_its_name(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "named.jpg"
    Image.new("RGB", (4, 4), "white").save(file, format=kind)
    assert load(file).shape == (4, 4, 3)


def test_a_small_copy_is_upright_and_no_larger_than_asked(tmp_path: Path) -> None:
    photograph = Image.new("RGB", (400, 200), (200, 30, 30))
    file = saved(tmp_path / "a.jpg", photograph, exif=exif_orientation(6))
    assert load_small(file, 50).size == (25, 50)
    assert load_small(file, 1000).size == (200, 400)  # never larger than it is


@pytest.mark.parametrize("size", [(5000, 1), (1, 5000)])
def test_a_small_copy_of_a_line_is_a_line(tmp_path: Path, size: tuple[int, int]) -> None:
    small = load_small(saved(tmp_path / "a.jpg", Image.new("RGB", size)), 50)
    assert sorted(small.size) == [1, 50]
