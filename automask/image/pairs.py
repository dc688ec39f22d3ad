"""pairs: one photograph that a camera, or a person, has written in two files of one name.

A raw file beside a developed picture, and HEIC beside JPEG, are no two photographs: the JPEG is
taken before HEIC, and either before raw.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from automask.image.kinds import EXTENSIONS, HEIF, JPEG, RAW, split_extension
from automask.image.left_out import BESIDE_JPEG, BESIDE_PICTURE
from automask.image.names import normal


def may_be_second(extension: str) -> bool:
    """Whether a file of this extension may give way to another. extension: in small letters."""
    return extension in RAW or extension in HEIF


def second_files(
    folder: Path, names: Iterable[str], is_wanted: Callable[[str], bool]
) -> dict[str, str]:
    """Of these names in `folder` those that give way, each with the reason.

    names: those that `may_be_second`. is_wanted: whether a file is not left out for its name; to
    one that is, none gives way. The folder is listed once more, and only what has a name of theirs
    is kept: there may be a million others.
    """
    stems = {_stem(name) for name in names}
    with os.scandir(folder) as entries:
        found = [
            (_stem(entry.name), _extension(entry.name))
            for entry in entries
            if _stem(entry.name) in stems and is_wanted(entry.name)
        ]
    with_jpeg = {stem for stem, extension in found if extension in JPEG}
    developed = {stem for stem, extension in found if extension in EXTENSIONS}
    seconds = {}
    for name in names:
        if _extension(name) in RAW and _stem(name) in developed:
            seconds[name] = BESIDE_PICTURE
        elif _extension(name) in HEIF and _stem(name) in with_jpeg:
            seconds[name] = BESIDE_JPEG
    return seconds


def _stem(name: str) -> str:
    return normal(split_extension(name)[0])


def _extension(name: str) -> str:
    return split_extension(name)[1].lower()
