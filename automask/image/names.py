"""names: one name in its two spellings, composed (NFC) and decomposed (NFD), is one name.

A Mac's archives and SMB shares hand out `é` as two characters, most others as one. Names are
compared in one form and stay on disk as they are.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

Value = TypeVar("Value")


def normal(name: str) -> str:
    """The form in which names are compared (NFC). What is no UTF-8 stays as it is."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


class ByName(dict[str, Value]):
    """Values by the names of files, whichever of its two spellings a name is given in.

    Its own keys are in the form of `normal`.
    """

    def __getitem__(self, name: str) -> Value:
        return super().__getitem__(normal(name))

    def __setitem__(self, name: str, value: Value) -> None:
        super().__setitem__(normal(name), value)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(normal(name))

    def pop(self, name: str, *default: Any) -> Any:
        return super().pop(normal(name), *default)

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(normal(name), default)


def on_disk(folder: Path, relative: str) -> Path:
    """The file of this name below `folder`, however the disk spells it; as given if there is none.

    relative: posix separators.
    """
    file = folder / relative
    if relative.isascii() or os.path.lexists(file):
        return file
    place = folder
    for part in PurePosixPath(relative).parts:
        place = _child(place, part)
    return place


def _child(folder: Path, name: str) -> Path:
    child = folder / name
    if name.isascii() or os.path.lexists(child):
        return child
    try:
        entries = os.listdir(folder)
    except OSError:
        return child
    wanted = normal(name)
    return folder / next((entry for entry in entries if normal(entry) == wanted), name)
