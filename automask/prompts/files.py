"""Files of prompts: CSV, JSON, JSON Lines, COCO's boxes, YOLO's label files."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from automask.errors import UsageError
from automask.prompts.entries import FIELDS, PromptLine, read_entry

SUFFIXES = (".csv", ".json", ".jsonl")
YOLO_FIELDS = 5  # class, and the box's centre and size, relative


def read_prompts(file: Path) -> list[PromptLine]:
    """The lines of a file of prompts, or of a folder of YOLO's label files, in their order.

    Raises UsageError, naming file and line, for the first that cannot be used.
    """
    lines = list(_yolo(file) if file.is_dir() else _reader(file)(file, _text(file)))
    if not lines:
        raise UsageError(f"{file} has no prompts in it")
    return lines


def _reader(file: Path) -> Callable[[Path, str], Iterator[PromptLine]]:
    readers = dict(zip(SUFFIXES, (_csv, _json, _json_lines), strict=True))
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise UsageError(
            f"--prompts {file}: must end in {', '.join(SUFFIXES)}, or be a folder of YOLO's .txt"
        )
    return reader


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read --prompts {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"--prompts {file} is no text in UTF-8: {error}") from error


def _csv(file: Path, text: str) -> Iterator[PromptLine]:
    rows = csv.DictReader(text.splitlines(), restkey="more", skipinitialspace=True)
    if "image" not in (rows.fieldnames or ()):
        raise UsageError(f"{file.name}, line 1: the heads must be among {','.join(FIELDS)}")
    for row in rows:
        where = f"{file.name}, line {rows.line_num}"
        if "more" in row:
            raise UsageError(f"{where}: more fields than heads; quote a box that has commas")
        yield read_entry({name: value for name, value in row.items() if value}, where)


def _json_lines(file: Path, text: str) -> Iterator[PromptLine]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            where = f"{file.name}, line {number}"
            yield read_entry(_mapping(_parsed(line, where), where), where)


def _json(file: Path, text: str) -> Iterator[PromptLine]:
    values = _parsed(text, file.name)
    if isinstance(values, dict) and "annotations" in values:
        yield from _coco(file, values)
        return
    if not isinstance(values, list):
        raise UsageError(f"{file.name}: must be a list of prompts, or a data set of COCO")
    for number, one in enumerate(values, 1):
        where = f"{file.name}, entry {number}"
        yield read_entry(_mapping(one, where), where)


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f", line {error.lineno}" if "line" not in where else ""
        raise UsageError(f"{where}{place}: no JSON: {error.msg}") from error


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{where}: must be an object with image and box or points")
    return value


def _coco(file: Path, values: Mapping[str, Any]) -> Iterator[PromptLine]:
    """The boxes of the annotations, xywh in px; each is an object of its own."""
    names = {one.get("id"): one.get("file_name") for one in _list(values, "images", file)}
    for number, one in enumerate(_list(values, "annotations", file), 1):
        where = f"{file.name}, annotation {one.get('id', number)}"
        if names.get(one.get("image_id")) is None:
            raise UsageError(f"{where}: its image_id is of no image")
        box = one.get("bbox")
        if not isinstance(box, list) or len(box) != 4:
            raise UsageError(f"{where}: it has no bbox of 4 numbers")
        try:
            left, top, width, height = map(float, box)
        except (TypeError, ValueError):
            raise UsageError(f"{where}: its bbox is not made of numbers") from None
        corners = [left, top, left + width, top + height]
        yield read_entry({"image": names[one["image_id"]], "box": corners}, where)


def _list(values: Mapping[str, Any], name: str, file: Path) -> list[Mapping[str, Any]]:
    listed = values.get(name)
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise UsageError(f"{file.name}: {name} must be a list of objects, as COCO has it")
    return listed


def _yolo(folder: Path) -> Iterator[PromptLine]:
    """The boxes of sub/a.txt are those of the image sub/a, whatever its extension."""
    for file in sorted(folder.rglob("*.txt")):
        stem = file.relative_to(folder).with_suffix("").as_posix()
        for number, line in enumerate(_text(file).splitlines(), 1):
            if line.strip():
                yield _yolo_line(f"{_literal(stem)}.*", line, f"{file.name}, line {number}")


def _yolo_line(pattern: str, line: str, where: str) -> PromptLine:
    fields = line.split()
    if len(fields) < YOLO_FIELDS:
        raise UsageError(f"{where}: a line is class, centre x, centre y, width, height")
    try:
        x, y, width, height = map(float, fields[1:YOLO_FIELDS])
    except ValueError:
        raise UsageError(f"{where}: {line!r:.60} is not made of numbers") from None
    corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    inside = [min(1.0, max(0.0, value)) for value in corners]  # rounding leads over the edge
    return read_entry({"image": pattern, "box": inside, "unit": "relative"}, where)


def _literal(name: str) -> str:
    """A name as a pattern that fits it alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
