"""What the values of a folder's masks mean: inferred from the values that occur, or as given.

The whole folder is looked at, since one file alone can be ambiguous: a 1 is foreground beside 0,
and background in 0/255 noise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from automask.errors import ImageError, UsageError
from automask.evaluate.read import Values
from automask.records import Mask

ContourAs = Literal["ignore", "background", "foreground"]

THRESHOLD = 128  # of levels: half of 255, rounded up, as 1-bit pictures are made
# More values than any convention has, fewer than a blurred outline leaves in a folder.
FEW_VALUES = 16
SHOWN_VALUES = 12


@dataclass(frozen=True)
class Convention:
    """What each value means. Without a foreground value they are levels (scores)."""

    foreground: int | None
    background: int | None = None  # None: every other value
    contour: int | None = None

    @property
    def is_levels(self) -> bool:
        """Whether values are levels of a map, not labels."""
        return self.foreground is None

    @property
    def values(self) -> frozenset[int] | None:
        """All values that may occur; None: any."""
        if self.background is None:
            return None
        return frozenset(
            v for v in (self.foreground, self.background, self.contour) if v is not None
        )

    def __str__(self) -> str:
        if self.is_levels:
            return f"levels, foreground from {THRESHOLD}"
        rest = "all else" if self.background is None else str(self.background)
        contour = "" if self.contour is None else f", {self.contour} contour"
        return f"{self.foreground} foreground, {rest} background{contour}"


LEVELS = Convention(None)
# The first match wins. Where two match, as in a folder of 1 alone, they agree.
KNOWN = (
    Convention(255, 0),
    Convention(1, 0),
    Convention(1, 2, 3),
    Convention(255, 0, 128),
    Convention(255, 0, 127),
)


@dataclass(frozen=True)
class Labels:
    """A mask ready to be measured; all arrays H x W."""

    mask: Mask  # True on the object
    ignored: Mask | None = None  # pixels that do not count; None: all count
    scores: Values | None = None  # 0..255, how much each pixel is foreground; None: only a mask


def infer_convention(values_by_file: Mapping[str, Iterable[int]], option: str) -> Convention:
    """The convention that all values of a folder match.

    Args:
        values_by_file: The values, 0..255, that occur in each file.
        option: The option that states a convention, for the message.

    Returns:
        The first convention that has all of the values.

    Raises:
        UsageError: None matches; the message names a file with a value that does not.
    """
    by_file = {name: frozenset(map(int, values)) for name, values in values_by_file.items()}
    occurring = frozenset().union(*by_file.values())
    convention = matching_convention(occurring)
    if convention is None:
        raise UsageError(_nothing_fits(by_file, occurring, option))
    return convention


def matching_convention(occurring: frozenset[int]) -> Convention | None:
    """The first convention that has all of these values; None if there is none."""
    for convention in KNOWN:
        if convention.values is not None and occurring <= convention.values:
            return convention
    is_levels = len(occurring) > FEW_VALUES and max(occurring) >= THRESHOLD
    return LEVELS if is_levels else None


def parse_convention(text: str, option: str) -> Convention:
    """The convention written as FOREGROUND[,BACKGROUND[,CONTOUR]] or as `levels`.

    Args:
        text: The option's value.
        option: Its name, for the message.

    Returns:
        The convention.

    Raises:
        UsageError: The text is anything else.
    """
    if text.strip() == "levels":
        return LEVELS
    try:
        values = [int(part) for part in text.split(",")]
    except ValueError:
        values = []
    is_sound = len(set(values)) == len(values) and all(0 <= value <= 255 for value in values)
    if not 1 <= len(values) <= 3 or not is_sound:
        raise UsageError(
            f"{option} is FOREGROUND,BACKGROUND,CONTOUR (255,0 or 1,2,3), FOREGROUND alone, or "
            f"levels; different numbers of 0 to 255, not {text!a}"
        )
    return Convention(*values)


def check(values_by_file: Mapping[str, Iterable[int]], convention: Convention, source: str) -> None:
    """Check every file against a convention.

    Args:
        values_by_file: The values, 0..255, that occur in each file.
        convention: What they should match.
        source: The option or file that states the convention, for the message.

    Raises:
        UsageError: A file has a value that the convention does not have.
    """
    if convention.values is None:
        return
    for name, values in values_by_file.items():
        strange = sorted(set(map(int, values)) - convention.values)
        if strange:
            raise UsageError(
                f"{name!a} has {listed(strange)}, and {source} says {convention}; the option may "
                "name FOREGROUND alone to take all else for background"
            )


def decode(values: Values, convention: Convention, contour_as: ContourAs) -> Labels:
    """The mask in values (H x W uint8) by a convention; its contour counts as `contour_as`."""
    if convention.is_levels:
        return Labels(values >= THRESHOLD, scores=values)
    mask = np.asarray(values == convention.foreground)
    if convention.contour is None or contour_as == "background":
        return Labels(mask)
    contour = np.asarray(values == convention.contour)
    if contour_as == "foreground":
        return Labels(mask | contour)
    return Labels(mask, ignored=contour)


def occurring_values(values: Values) -> tuple[int, ...]:
    """The distinct values of H x W uint8, sorted. Raises ImageError for an empty array."""
    if not values.size:
        raise ImageError("has no pixel")
    return tuple(int(value) for value in np.flatnonzero(np.bincount(values.ravel())))


def listed(values: list[int]) -> str:
    """Values in order, the first dozen of them and the last."""
    text = ", ".join(map(str, values[:SHOWN_VALUES]))
    more = len(values) - SHOWN_VALUES
    return f"{text} and {more} more up to {values[-1]}" if more > 0 else text


def _nothing_fits(
    by_file: Mapping[str, frozenset[int]], occurring: frozenset[int], option: str
) -> str:
    """The error, naming a file that disagrees with most of the others."""
    fits = {
        convention: [name for name, values in by_file.items() if values <= allowed]
        for convention in KNOWN
        if (allowed := convention.values) is not None
    }
    likeliest = max(fits, key=lambda convention: len(fits[convention]))
    odd = next(name for name in by_file if name not in fits[likeliest])
    return (
        f"what do the values mean? In the folder occur {listed(sorted(occurring))}; {odd!a} has "
        f"{listed(sorted(by_file[odd]))}, {len(fits[likeliest])} of {len(by_file)} files are "
        f"{likeliest}. Say it with {option} FOREGROUND,BACKGROUND,CONTOUR (such as 255,0 or "
        f"1,2,3), FOREGROUND alone, or levels (foreground from {THRESHOLD})"
    )
