"""depth: more than 8 bits a sample become 8, by what the data use and not by what could fit.

A camera's 12 bits lie in a file of 16, a satellite's reflectance in one of 32; taken for the whole
range of their type they are nearly black. Fill values, which say that nothing was measured there,
and hot pixels say nothing of the range either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]
Void = NDArray[np.bool_]

# Beyond, a number is a fill value: netCDF has 9.97e36, GDAL -3.4e38 and -1.8e308, others 1e30.
EXTREME = 1e29
# Fill values of signed data that are common where no tag names one.
USUAL_FILLS = (-9999.0, -99999.0, -32768.0, -32767.0, -2147483648.0)
# Of the samples, at each end; what is less is no object (`choose.min_area`), but may be a fault of
# the sensor. It is left out only where it lies further off than the others' whole span.
STRAY_SHARE = 0.001
FEW = 16  # samples of which none is a stray
MOST_SAMPLES = 1_000_000  # that the range is found on
DARK = 0.25  # of 16 bits, or of 1.0; data that stay below were made with fewer bits


@dataclass(frozen=True)
class Declared:
    """What a file says of its samples; None where it does not."""

    bits: int | None = None  # BitsPerSample, where it is less than the type's: 10 or 12 packed
    significant: int | None = None  # PNG's sBIT
    black: float | None = None  # SMinSampleValue, MinSampleValue
    white: float | None = None  # SMaxSampleValue, MaxSampleValue
    nodata: float | None = None  # GDAL's tag


@dataclass(frozen=True)
class Shallow:
    """Samples of 8 bits."""

    pixels: NDArray[np.uint8]  # as deep ones were: H x W or H x W x C
    void: Void | None  # H x W, where there are no data: black in `pixels`; None: nowhere
    note: str | None = None  # what had to be guessed


def to_8_bits(values: Values, declared: Declared | None = None) -> Shallow:
    """Scales H x W or H x W x C samples of any type so that black is 0 and white 255.

    A range that is declared counts, then the declared bits, else the range that the data use: the
    whole type's for unsigned integers that are not clearly dark, 0..1 for floats within it.
    """
    said = declared or Declared()
    empty = _empty(values, said)
    used = _sample(values, empty)
    black, white, note = _range(used, values.dtype, said)
    wide: Any = np.float64 if values.dtype.itemsize > 4 else np.float32
    held = values.astype(wide)
    if empty is not None:
        held[empty] = black
    scaled = (held - wide(black)) * wide(255 / (white - black)) + wide(0.5)
    pixels = scaled.clip(0, 255).astype(np.uint8)
    return Shallow(pixels, _void(empty), note)


def _empty(values: Values, declared: Declared) -> Void | None:
    """The samples that hold no data; None: there are none such."""
    empty = np.zeros(values.shape, bool)
    if np.issubdtype(values.dtype, np.floating):
        most = min(EXTREME, float(np.finfo(values.dtype).max))  # half floats end at 65504
        with np.errstate(invalid="ignore"):
            empty |= ~(np.abs(values) <= most)  # so written, NaN is among them
    if declared.nodata is not None:
        empty |= values == np.asarray(declared.nodata).astype(values.dtype)
    elif not np.issubdtype(values.dtype, np.unsignedinteger):
        empty |= _usual_fill(values, empty)
    return empty if empty.any() else None


def _usual_fill(values: Values, empty: Void) -> Void:
    """Where the lowest value is one that stands for "none", and far below all others."""
    valid = values[~empty]
    if not valid.size or (lowest := float(valid.min())) not in USUAL_FILLS:
        return np.zeros(values.shape, bool)
    others = valid[valid != lowest]
    if not others.size or float(others.min()) - lowest < float(np.ptp(others.astype(np.float64))):
        return np.zeros(values.shape, bool)
    return np.asarray(values == lowest)


def _void(empty: Void | None) -> Void | None:
    """Pixels that have no data in some channel; None: none of them, or there are no others."""
    if empty is None or empty.all():
        return None
    return empty if empty.ndim == 2 else np.asarray(empty.any(axis=2))


def _sample(values: Values, empty: Void | None) -> NDArray[np.float64]:
    """Evenly spread samples that hold data, as float64; one 0 where there is none."""
    step = -(-values.size // MOST_SAMPLES)
    taken = values.reshape(-1)[::step]
    if empty is not None:
        taken = taken[~empty.reshape(-1)[::step]]
    taken = taken[np.isfinite(taken)]
    return taken.astype(np.float64) if taken.size else np.zeros(1)


def _range(
    used: NDArray[np.float64], dtype: np.dtype[Any], declared: Declared
) -> tuple[float, float, str | None]:
    """Black, white, and what was guessed."""
    full = float(np.iinfo(dtype).max) if np.issubdtype(dtype, np.integer) else 1.0
    told = _told_range(used, full, declared)
    if told is not None:
        return *told, None
    low, high = _without_strays(used)
    if np.issubdtype(dtype, np.floating) and not (low >= 0 and high <= 1):
        return low, _above(low, high), _guess(low, high)
    if low < 0:
        return low, _above(low, high), _guess(low, high)
    usual = min(full, 65535.0)  # 32 bits are a container, hardly ever filled
    dark = DARK * (1.0 if usual == 1 else 65536.0)
    if high <= 0 or dark <= high <= usual:
        return 0.0, usual, None
    white = _next_bits(high) if usual > 1 else float(2.0 ** np.ceil(np.log2(high)))
    return 0.0, white, _guess(0, high)


def _told_range(
    used: NDArray[np.float64], full: float, declared: Declared
) -> tuple[float, float] | None:
    black = declared.black or 0.0
    if declared.white is not None and black < declared.white < full:
        return black, declared.white
    if declared.bits is not None and 2.0**declared.bits - 1 < full:
        return 0.0, 2.0**declared.bits - 1
    if declared.significant is not None:
        highest = 2.0**declared.significant - 1
        # The standard wants them scaled up to 16 bits. Where they are, they exceed this.
        if highest < full and used.max() <= highest:
            return 0.0, highest
    return None


def _without_strays(used: NDArray[np.float64]) -> tuple[float, float]:
    """Lowest and highest sample, hot and dead pixels left out."""
    if used.size < FEW:
        return float(used.min()), float(used.max())
    low = float(np.quantile(used, STRAY_SHARE, method="higher"))
    high = float(np.quantile(used, 1 - STRAY_SHARE, method="lower"))
    if low == high:  # of one value all over, but for what may be a small object
        return float(used.min()), float(used.max())
    span = high - low
    near = used[(used >= low - span) & (used <= high + span)]
    return float(near.min()), float(near.max())


def _above(low: float, high: float) -> float:
    return high if high > low else low + 1.0


def _next_bits(high: float) -> float:
    """The highest number of the fewest bits, 8 or more, that hold `high`."""
    bits = max(8, int(np.ceil(np.log2(high + 1))))
    return float(2**bits - 1)


def _guess(low: float, high: float) -> str:
    return f"range of the samples guessed from the data: {low:.6g} to {high:.6g}"
