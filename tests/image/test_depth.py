"""depth: samples of more than 8 bits are scaled by what the data use."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from automask.image.depth import Declared, to_8_bits

Values = NDArray[np.generic]


def ramp(low: float, high: float, dtype: type, side: int = 40) -> Values:
    """side x side values from low to high, evenly."""
    return np.linspace(low, high, side * side).reshape(side, side).astype(dtype)


def shallow(values: Values, **declared: float) -> list[list[int]]:
    return to_8_bits(values, Declared(**declared)).pixels.tolist()  # type: ignore[arg-type]


# The range of integers.


def test_16_bits_that_are_used_are_scaled_from_their_whole_range() -> None:
    assert shallow(np.array([[0, 257, 25700, 65535]], np.uint16)) == [[0, 1, 100, 255]]


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.int32, np.uint32])
@pytest.mark.parametrize("bits", [10, 12, 14])
def test_fewer_bits_in_a_larger_type_are_scaled_from_theirs(dtype: type, bits: int) -> None:
    white = 2**bits - 1
    result = to_8_bits(np.array([[0, white // 5, white]], dtype))
    assert result.pixels.tolist() == [[0, 51, 255]]
    assert result.note == f"range of the samples guessed from the data: 0 to {white}"


def test_data_that_stop_below_the_most_that_their_bits_hold_keep_their_distance() -> None:
    assert shallow(np.array([[0, 2040, 3060]], np.uint16)) == [[0, 127, 191]]  # of 4095


def test_8_bits_in_16_stay_as_they_are() -> None:
    assert shallow(np.array([[0, 100, 255]], np.uint16)) == [[0, 100, 255]]


def test_int16_that_is_used_is_scaled_from_its_positive_half() -> None:
    assert shallow(np.array([[0, 16384, 32767]], np.int16)) == [[0, 128, 255]]


def test_values_below_zero_are_darker_than_zero() -> None:
    # Hounsfield units: -1000 is air.
    assert shallow(np.array([[-1000, 0, 1000, 3000]], np.int16)) == [[0, 64, 128, 255]]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"bits": 12}, [[0, 128, 255]]),
        ({"significant": 12}, [[0, 128, 255]]),
        ({"white": 4095.0}, [[0, 128, 255]]),
        ({"black": 2048.0, "white": 4095.0}, [[0, 0, 255]]),
    ],
)
def test_what_a_file_declares_counts_before_any_guess(
    declared: dict[str, float], expected: list[list[int]]
) -> None:
    result = to_8_bits(np.array([[0, 2048, 4095]], np.uint16), Declared(**declared))  # type: ignore[arg-type]
    assert (result.pixels.tolist(), result.note) == (expected, None)


def test_significant_bits_that_were_scaled_up_as_the_standard_wants_are_left_so() -> None:
    assert shallow(np.array([[0, 0x8000, 0xFFF0]], np.uint16), significant=12) == [[0, 128, 255]]


def test_a_declared_white_that_is_the_whole_type_says_nothing() -> None:
    assert shallow(np.array([[0, 4095]], np.uint16), white=65535.0) == [[0, 255]]


def test_a_hot_pixel_does_not_make_the_rest_black() -> None:
    values = ramp(0, 4080, np.uint16)
    values[3, 4] = 65535
    pixels = to_8_bits(values).pixels
    assert pixels[3, 4] == 255
    assert pixels[-1, -1] == 254  # 4080 / 4095 * 255


def test_a_small_bright_object_is_no_hot_pixel() -> None:
    values = ramp(0, 9000, np.uint16)
    values[10:14, 10:14] = 60000  # 1 % of the picture
    assert to_8_bits(values).pixels[12, 12] == 233  # 60000 / 65535 * 255


def test_channels_share_one_range() -> None:
    rgb = np.array([[[0, 1023, 4095]]], np.uint16)
    assert to_8_bits(rgb).pixels.tolist() == [[[0, 64, 255]]]


# Floats.


def test_floats_of_0_to_1_are_scaled_from_there() -> None:
    assert shallow(np.array([[0.0, 0.2, 0.8]], np.float32)) == [[0, 51, 204]]


def test_dark_floats_are_scaled_by_a_power_of_two() -> None:
    result = to_8_bits(np.array([[0.0, 1 / 32, 4080 / 65535]], np.float32))
    assert result.pixels.tolist() == [[0, 128, 254]]  # of 1 / 16
    assert result.note is not None


@pytest.mark.parametrize(("low", "high"), [(0, 5), (-3, 3), (280, 310), (0, 1e6)])
def test_other_floats_are_scaled_from_their_own_range(low: float, high: float) -> None:
    pixels = to_8_bits(ramp(low, high, np.float32)).pixels
    assert (pixels[0, 0], pixels[-1, -1]) == (0, 255)


@pytest.mark.parametrize("hot", [1e6, -1e6])
def test_a_hot_float_pixel_is_left_out_of_the_range(hot: float) -> None:
    values = ramp(0, 1, np.float32)
    values[20, 20] = hot
    pixels = to_8_bits(values).pixels
    assert pixels[0, 0] <= 1
    assert pixels[-1, -1] >= 254
    assert pixels[20, 20] == (255 if hot > 0 else 0)


# No data.


@pytest.mark.parametrize(
    "fill", [np.nan, np.inf, -np.inf, -3.4028235e38, 9.96921e36, 1e30, -9999.0, -32768.0]
)
def test_a_corner_without_data_is_black_and_void_and_says_nothing_of_the_range(
    fill: float,
) -> None:
    values = ramp(0, 1, np.float32)
    values[:10, :10] = fill
    result = to_8_bits(values)
    assert result.void is not None
    assert result.void[:10, :10].all()
    assert result.void.sum() == 100
    assert not result.pixels[:10, :10].any()
    assert (result.pixels[0, 10], result.pixels[-1, -1]) == (2, 255)


@pytest.mark.parametrize(
    ("dtype", "fill"), [(np.int16, -9999), (np.int16, -32768), (np.int32, -2147483648)]
)
def test_integers_have_fill_values_too(dtype: type, fill: int) -> None:
    values = ramp(0, 4095, dtype)
    values[:10] = fill
    result = to_8_bits(values)
    assert result.void is not None
    assert result.void.sum() == 400
    assert result.pixels[-1, -1] == 255


@pytest.mark.parametrize(("dtype", "nodata"), [(np.uint16, 65535.0), (np.float32, 0.0)])
def test_the_value_that_a_file_declares_as_none_is_void(dtype: type, nodata: float) -> None:
    values = ramp(1, 4095, dtype)
    values[:, :10] = nodata
    result = to_8_bits(values, Declared(nodata=nodata))
    assert result.void is not None
    assert result.void.sum() == 400
    assert result.pixels[-1, -1] == 255


def test_a_usual_fill_that_lies_among_the_data_is_data() -> None:
    values = ramp(-9999, 20000, np.int16)
    assert to_8_bits(values).void is None


def test_where_there_are_no_data_at_all_nothing_is_void() -> None:
    result = to_8_bits(np.full((4, 4), np.nan, np.float32))
    assert (result.void, result.pixels.max()) == (None, 0)


def test_a_pixel_without_data_in_one_channel_is_void() -> None:
    rgb = np.ones((2, 2, 3), np.float32)
    rgb[0, 1, 2] = np.nan
    result = to_8_bits(rgb)
    assert result.void is not None
    assert result.void.tolist() == [[False, True], [False, False]]
