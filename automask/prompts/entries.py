"""What a line of a file of prompts says, checked before any work."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automask.errors import UsageError
from automask.records import ObjectPrompt

UNITS = ("px", "relative")
FIELDS = ("image", "box", "points", "object", "unit")


@dataclass(frozen=True)
class PromptLine:
    """One object of the images that a pattern fits."""

    pattern: str  # an image's path, or a glob; `*` fits every image
    object: str  # lines of one pattern with the same name are one object; "": of its own
    prompt: ObjectPrompt
    where: str  # where it stands, for messages: boxes.csv, line 3


def read_entry(values: Mapping[str, Any], where: str) -> PromptLine:
    """A line by its fields: image, box (xyxy), points (x, y, label), object, unit.

    Box and points are text with numbers in it, or lists. Raises UsageError, beginning with `where`.
    """
    unknown = sorted(set(values) - set(FIELDS))
    if unknown:
        raise UsageError(f"{where}: unknown field {unknown[0]!r}; there are {', '.join(FIELDS)}")
    pattern = str(values.get("image") or "").strip()
    if not pattern:
        raise UsageError(f"{where}: no image is named; * stands for every one")
    unit = str(values.get("unit") or "px").strip()
    if unit not in UNITS:
        raise UsageError(f"{where}: unit must be px or relative, not {unit!r}")
    box = read_box(values.get("box"), where)
    points = _points(values.get("points"), where)
    if box is None and not points:
        raise UsageError(f"{where}: there is neither a box nor a point")
    is_relative = unit == "relative"
    if is_relative:
        _refuse_beyond_one((*(box or ()), *(v for x, y, _ in points for v in (x, y))), where)
    name = str(values.get("object") or "").strip()
    return PromptLine(pattern, name, ObjectPrompt(points, box, is_relative), where)


def read_box(given: object, where: str) -> tuple[float, float, float, float] | None:
    """A box xyxy; None where none is given. Raises UsageError."""
    numbers = _numbers(given, where)
    if not numbers:
        return None
    if len(numbers) != 4:
        raise UsageError(f"{where}: a box has 4 numbers, left top right bottom, not {len(numbers)}")
    left, top, right, bottom = numbers
    if left >= right or top >= bottom:
        raise UsageError(
            f"{where}: a box is left top right bottom; {left:g} {top:g} {right:g} {bottom:g} "
            "has no area"
        )
    return left, top, right, bottom


def _points(given: object, where: str) -> tuple[tuple[float, float, bool], ...]:
    numbers = _numbers(given, where)
    if len(numbers) % 3:
        raise UsageError(
            f"{where}: a point has 3 numbers, x y label (1 on the object, 0 beside it); there are "
            f"{len(numbers)} in all"
        )
    points = list(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True))
    for _, _, label in points:
        if label not in (0, 1):
            raise UsageError(f"{where}: the label of a point must be 1 or 0, not {label:g}")
    if points and not any(label for _, _, label in points):
        raise UsageError(f"{where}: no point is on the object (label 1)")
    return tuple((x, y, label == 1) for x, y, label in points)


def _numbers(given: object, where: str) -> list[float]:
    """The numbers of a text, apart by anything of ` ,;`, or of lists in lists."""
    if given is None:
        return []
    if isinstance(given, str):
        given = given.replace(",", " ").replace(";", " ").split()
    return [_number(one, where) for one in _flat(given)]


def _flat(given: object) -> list[object]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        return [given]
    return [one for part in given for one in _flat(part)]


def _number(given: object, where: str) -> float:
    try:
        number = float(str(given))
    except ValueError:
        raise UsageError(f"{where}: {given!r:.40} is no number") from None
    if not math.isfinite(number):
        raise UsageError(f"{where}: {given!r:.40} is no number")
    return number


def _refuse_beyond_one(numbers: Sequence[float], where: str) -> None:
    beyond = [number for number in numbers if not 0 <= number <= 1]
    if beyond:
        raise UsageError(f"{where}: relative numbers are 0 to 1, and one is {beyond[0]:g}")
