"""colour: any picture of 8 bits as sRGB, which the models, the pages and the cutouts are in."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, ImageCms

from automask.image.icc import ADOBE_GAMMA, ADOBE_RGB, matrix_profile

# A profile that changes no colour by more is sRGB under another name, of which there are dozens.
SAME_LEVELS = 2
LINEAR, VIDEO = 1.0, 1 / 2.2  # file gammas of PNG; the second is sRGB's
SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK", "LAB": "Lab "}
UNUSABLE = "its colour profile cannot be used"


def profile_of(image: Image.Image) -> bytes | None:
    """The ICC profile that a file has, or that stands for what it says; None: it is sRGB."""
    profile = image.info.get("icc_profile")
    if isinstance(profile, bytes) and profile:
        return profile
    if _is_adobe_rgb(image):
        return matrix_profile(ADOBE_RGB, ADOBE_GAMMA)
    return _png_profile(image)


def to_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, str | None]:
    """A picture without transparency as RGB in sRGB, and what there is to say of it."""
    if image.mode == "LAB":
        profile = profile or ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    elif image.mode not in SPACES:
        image = image.convert("RGB")
    if profile is None:
        return image.convert("RGB"), None
    try:
        transform = _transform(profile, image.mode)
        if transform is None:
            return image.convert("RGB"), None
        return ImageCms.applyTransform(image, transform) or image, None
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image.convert("RGB"), UNUSABLE


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """None: nothing needs to be changed. Raises PyCMSError where the profile fits no such mode."""
    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    if source.profile.xcolor_space.strip() != SPACES[mode].strip():
        raise ImageCms.PyCMSError(f"a profile of {source.profile.xcolor_space} for {mode}")
    transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    if mode not in ("L", "RGB"):
        return transform
    colours = _samples(mode)
    changed = ImageCms.applyTransform(colours, transform)
    before, after = (np.asarray(c, np.int16) for c in (colours.convert("RGB"), changed))
    return None if np.abs(before - after).max() <= SAME_LEVELS else transform


def _samples(mode: str) -> Image.Image:
    """Colours from all over the cube, a row of them."""
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    if mode == "L":
        return Image.fromarray(levels[None])
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1)
    return Image.fromarray(np.ascontiguousarray(cube.reshape(1, -1, 3)))


def _is_adobe_rgb(image: Image.Image) -> bool:
    """Whether a camera says so in EXIF (DCF 2.0: interoperability R03, colour space unknown)."""
    if "exif" not in image.info or image.mode != "RGB":
        return False
    try:
        index = image.getexif().get_ifd(ExifTags.IFD.Interop).get(ExifTags.Interop.InteropIndex)
        return str(index).startswith("R03")
    except Exception:  # damaged notes
        return False


def _png_profile(image: Image.Image) -> bytes | None:
    """What chromaticities and gamma of a PNG come to; sRGB, or one of the two alone, counts not."""
    points, gamma = image.info.get("chromaticity"), image.info.get("gamma")
    if "srgb" in image.info or not points or not gamma or image.mode not in ("RGB", "RGBA"):
        return None
    white, *primaries = ((points[i], points[i + 1]) for i in range(0, 8, 2))
    try:
        return matrix_profile(primaries, 1 / gamma, white)
    except (np.linalg.LinAlgError, ZeroDivisionError, ValueError, OverflowError):
        return None
