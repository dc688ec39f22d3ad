"""What is wrong with settings, in the words of who gave them, not of the validator."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

# Settings whose flag is not called as they are.
FLAGS = {
    "objects.wanted": "--objects",
    "second_look.when": "--second-look",
    "refine.smooth": "--smooth",
    "trimap.contour_px": "--contour-px",
    "trimap.values": "--trimap-values",
    "cutout.background": "--background",
}
Fault = dict[str, Any]  # of pydantic: loc, type, msg, input, ctx


def faults(error: ValidationError, model: type[BaseModel], flags: Collection[str]) -> list[str]:
    """A line for each setting that is wrong.

    Args:
        error: Of the validator.
        model: Of all settings.
        flags: Dotted names of the settings that flags gave.
    """
    by_name: dict[tuple[str, ...], list[Fault]] = {}
    for fault in error.errors():
        by_name.setdefault(_path(fault["loc"], model), []).append(dict(fault))
    return [_line(path, found, model, flags) for path, found in by_name.items()]


def _path(loc: Sequence[str | int], model: type[BaseModel]) -> tuple[str, ...]:
    """The setting's own name, without places in a list and branches of a union."""
    path: list[str] = []
    section: type[BaseModel] | None = model
    for part in map(str, loc):
        if section is None:
            break
        path.append(part)
        field = section.model_fields.get(part)
        kind = None if field is None else field.annotation
        section = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
    return tuple(path)


def _line(
    path: tuple[str, ...], found: list[Fault], model: type[BaseModel], flags: Collection[str]
) -> str:
    dotted, first = ".".join(path), found[0]
    if first["type"] == "extra_forbidden":
        return _unknown(path, first["input"], model)
    name = _flag(dotted) if dotted in flags else dotted or "settings"
    options = [option for fault in found for option in _options(fault)]
    if options:
        also = ", or a number" if any(fault["type"].startswith("int") for fault in found) else ""
        return (
            f"{name}: {first['input']!r:.80} is unknown ({_meant(first['input'], options, also)})"
        )
    message = str(first["msg"]).removeprefix("Value error, ")
    given = "" if first["type"] in ("missing", "value_error") else f" (got {first['input']!r:.80})"
    return f"{name}: {message}{given}"


def _unknown(path: tuple[str, ...], value: Any, model: type[BaseModel]) -> str:
    for part in path[:-1]:
        model = model.model_fields[part].annotation  # type: ignore[assignment]
    close = get_close_matches(path[-1], model.model_fields, 1)
    is_table = isinstance(value, dict) and len(path) == 1
    dotted = ".".join(path)
    words = f"unknown setting [{dotted}]" if is_table else f"unknown setting {dotted}"
    if not close:
        return words
    meant = ".".join((*path[:-1], close[0]))
    return f"{words}; did you mean {f'[{meant}]' if is_table else meant}?"


def _options(fault: Fault) -> list[str]:
    """trimap, mask, ... of the validator's "'trimap', 'mask' or 'alpha'"."""
    if fault["type"] != "literal_error":
        return []
    expected = str(fault["ctx"]["expected"]).replace(" or ", ", ")
    return [option.strip().strip("'") for option in expected.split(",")]


def _meant(value: Any, options: Sequence[str], also: str) -> str:
    close = get_close_matches(str(value), options, 1)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(options)}{also}"


def _flag(dotted: str) -> str:
    has_flag = "." not in dotted or dotted in FLAGS
    return FLAGS.get(dotted, f"--{dotted.replace('_', '-')}") if has_flag else dotted
