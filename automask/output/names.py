"""Images by the names that people have for them: as recorded, or one of their results' files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from automask.errors import UsageError
from automask.image.write import FOLDERS
from automask.output.ledger import load_records
from automask.records import ImageRecord


def find_images(output: Path, names: Sequence[str]) -> list[str]:
    """The images of an output that are meant, each once, in the order of the names.

    A name is an image's path below the input folder, the path of a result (`masks/a/b.png`, with
    or without the output folder before it), either without extension, or the last part of one,
    where no other image has it. Raises UsageError, naming the first that fits none or several.
    """
    records = load_records(output)
    if not records:
        raise UsageError(f"no records in {output}; name the OUTPUT of `automask run`")
    by_name = _by_name(records.values())
    found = [_one(name, _shortened(name, output), by_name, output) for name in names]
    return list(dict.fromkeys(found))


def _by_name(records: Iterable[ImageRecord]) -> dict[str, set[str]]:
    """Images by every name that each has, in one normal form."""
    by_name: dict[str, set[str]] = {}
    for record in records:
        image = PurePosixPath(record.image)
        stems = {str(image.with_suffix("")), *([record.stem] if record.stem else [])}
        whole = {record.image, *stems, *(f"{stem}.png" for stem in stems)}
        for name in {*whole, *(PurePosixPath(one).name for one in whole)}:
            by_name.setdefault(normalize("NFC", name), set()).add(record.image)
    return by_name


def _shortened(name: str, output: Path) -> str:
    """OUTPUT/masks/a/b.png and masks/a/b.png -> a/b.png"""
    path = Path(name)
    if path.is_absolute() or path.is_relative_to(output):
        try:
            path = path.absolute().relative_to(output.absolute())
        except ValueError:
            return name
    has_folder = len(path.parts) > 1 and path.parts[0] in FOLDERS.values()
    return path.relative_to(path.parts[0]).as_posix() if has_folder else path.as_posix()


def _one(name: str, short: str, by_name: dict[str, set[str]], output: Path) -> str:
    meant: set[str] = set()
    for text in (name, short):  # an input may have a folder `masks` of its own
        meant = by_name.get(normalize("NFC", text), set())
        exact = {image for image in meant if normalize("NFC", image) == normalize("NFC", text)}
        if len(exact or meant) == 1:
            return next(iter(exact or meant))
    if meant:
        several = ", ".join(repr(image) for image in sorted(meant)[:5])
        raise UsageError(f"{name!a} may be any of {several}: name it as it is called there")
    close = get_close_matches(normalize("NFC", short), by_name, 1)
    hint = f"; did you mean {close[0]!a}?" if close else ""
    raise UsageError(f"{output} has no record of {name!a}{hint}")
