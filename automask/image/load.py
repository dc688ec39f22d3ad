"""load: a file becomes H x W x 3 uint8 RGB, upright, in sRGB, whatever it was before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from automask.config import MAX_PIXELS
from automask.errors import ImageError
from automask.image.colour import profile_of, to_srgb
from automask.image.decode import opened as opened
from automask.image.decode import opened_picture
from automask.image.deep_files import Deep, deep_samples, deep_tiff
from automask.image.depth import to_8_bits
from automask.image.metadata import upright
from automask.image.own_alpha import OPAQUE, what_alpha_shows
from automask.image.raw import is_raw, load_raw


@dataclass(frozen=True)
class Photograph:
    """A photograph as the stages see it, and what its file says beside the colours."""

    pixels: NDArray[np.uint8]  # H x W x 3, RGB in sRGB, upright; on white where it is transparent
    alpha: NDArray[np.uint8] | None = None  # H x W, 0..255: the object that its own alpha shows
    void: NDArray[np.bool_] | None = None  # H x W, where there is no picture: never an object
    notes: tuple[str, ...] = ()  # what was chosen or guessed


def load(file: Path, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """The pixels of a photograph, H x W x 3 uint8, see `load_photograph`."""
    return load_photograph(file, max_pixels).pixels


def load_photograph(file: Path, max_pixels: int = MAX_PIXELS) -> Photograph:
    """Reads a photograph upright as sRGB, from its largest page or first frame.

    Grayscale and palette become RGB, transparent pixels are composed on white, colour profiles are
    converted, more than 8 bits a channel are scaled by what the data use (see depth.py).

    Raises ImageError, naming the file, where it is not an image, damaged, or too large.
    """
    if is_raw(file):
        return Photograph(load_raw(file, max_pixels))
    return _assemble(_layers(file, max_pixels))


def load_small(file: Path, longest_px: int, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """The same as an RGB picture whose longer side is `longest_px` at most, sooner for a JPEG.

    Raises ImageError, see `load_photograph`.
    """
    if is_raw(file):
        small = Image.fromarray(load_raw(file, max_pixels, half=True))
    else:
        small = _composed(_layers(file, max_pixels, longest_px))[0]
    small.thumbnail((longest_px, longest_px), reducing_gap=2.0)
    return small


@dataclass(frozen=True)
class _Layers:
    """A picture taken apart; none of it is turned yet."""

    colours: Image.Image  # 8 bits a channel, no transparency
    alpha: Image.Image | None  # L
    void: NDArray[np.bool_] | None
    profile: bytes | None
    orientation: int
    notes: tuple[str | None, ...]


def _layers(file: Path, max_pixels: int, enough_px: int | None = None) -> _Layers:
    try:
        with opened_picture(file, max_pixels, enough_px) as picture:
            profile = profile_of(picture.image)
            deep = deep_samples(picture)
            if deep is not None:
                return _of_deep(deep, profile)
            picture.image.load()
            colours, alpha = _without_alpha(picture.image)
            return _Layers(colours, alpha, None, profile, picture.orientation, (picture.note,))
    except ImageError as error:
        unknown = isinstance(error.__cause__, UnidentifiedImageError)
        deep = deep_tiff(file, max_pixels) if unknown else None
        if deep is None:
            raise
        return _of_deep(deep, None)


def _of_deep(deep: Deep, profile: bytes | None) -> _Layers:
    values, alpha = deep.values, None
    if values.ndim == 3 and values.shape[2] in (2, 4):
        alpha = Image.fromarray(to_8_bits(values[..., -1]).pixels)
        values = values[..., 0] if values.shape[2] == 2 else values[..., :3]
    shallow = to_8_bits(values, deep.declared)
    pixels = 255 - shallow.pixels if deep.is_inverted else shallow.pixels
    notes = (deep.note, shallow.note, _told_void(shallow.void))
    return _Layers(Image.fromarray(pixels), alpha, shallow.void, profile, deep.orientation, notes)


def _told_void(void: NDArray[np.bool_] | None) -> str | None:
    return None if void is None else f"no data in {void.mean():.1%} of it"


def _without_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colours, and the alpha channel where there is one."""
    if not image.has_transparency_data:
        return image, None
    rgba = image.convert("RGBA")
    return rgba.convert("RGB"), rgba.getchannel("A")


def _assemble(layers: _Layers) -> Photograph:
    image, profile_note = _composed(layers)
    alpha, void, alpha_note = _own_mask(layers)
    notes = tuple(note for note in (*layers.notes, profile_note, alpha_note) if note)
    return Photograph(np.ascontiguousarray(np.asarray(image)), alpha, void, notes)


def _composed(layers: _Layers) -> tuple[Image.Image, str | None]:
    """The picture upright, in sRGB, on white; and what there is to say of its colours."""
    rgb, note = to_srgb(layers.colours, layers.profile)
    if layers.alpha is not None and _varies(layers.alpha):
        rgb = Image.composite(rgb, Image.new("RGB", rgb.size, "white"), layers.alpha)
    return upright(rgb, layers.orientation), note


def _varies(alpha: Image.Image) -> bool:
    """An alpha that is the same all over, 0 or another, was never meant to be looked at."""
    lowest, highest = alpha.getextrema()
    return bool(lowest != highest)


def _own_mask(
    layers: _Layers,
) -> tuple[NDArray[np.uint8] | None, NDArray[np.bool_] | None, str | None]:
    """The alpha that shows an object, where there is no picture, and what there is to say of it."""
    void = None if layers.void is None else _turned(layers.void, layers.orientation) > 0
    if layers.alpha is None or not _varies(layers.alpha):
        return None, void, None
    alpha = np.asarray(upright(layers.alpha, layers.orientation))
    shows = what_alpha_shows(alpha)
    if shows == "border":
        border = alpha < OPAQUE
        return None, border if void is None else border | void, "transparent border left out"
    return (alpha if shows == "object" else None), void, None


def _turned(void: NDArray[np.bool_], orientation: int) -> NDArray[np.uint8]:
    return np.asarray(upright(Image.fromarray(void.astype(np.uint8)), orientation))
