"""The folder of a server: photographs on their way, results until they are fetched, batches.

photographs/<id>/<number>.jpg   as they came; names are ours, never a client's
results/<kind>s/<id>/<number>.png
batches/<id>.json, <id>.jsonl   what was asked, and a record for each photograph that is done
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from automask.image.kinds import EXTENSIONS
from automask.image.write import FOLDERS, output_path
from automask.records import Job
from automask.system.files import write_atomic


class Folder:
    """Paths below one folder, and what may be done with them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.photographs, self.results = root / "photographs", root / "results"
        self.batches = root / "batches"

    def make(self) -> None:
        """Raises OSError."""
        for folder in (self.photographs, self.results, self.batches):
            folder.mkdir(parents=True, exist_ok=True)

    def keep(self, group: str, number: int, name: str, data: bytes, kinds: tuple[str, ...]) -> Job:
        """Writes a photograph, flushed to the disk. Raises OSError.

        name: as the client calls it; no more of it is used than a known ending.
        """
        image = f"{group}/{number:05}{ending(name)}"
        write_atomic(self.photographs / image, data)
        return self.job(image, kinds)

    def job(self, image: str, kinds: tuple[str, ...]) -> Job:
        info = (self.photographs / image).stat()
        stem = image.rpartition(".")[0]
        return Job(image, stem, info.st_size, info.st_mtime_ns, save=kinds)

    def result(self, stem: str, kind: str) -> Path:
        return self.results / output_path(stem, kind)

    def remove(self, group: str) -> None:
        """Everything of a request or a batch."""
        shutil.rmtree(self.photographs / group, ignore_errors=True)
        for kind in FOLDERS:
            shutil.rmtree(self.results / FOLDERS[kind] / group, ignore_errors=True)
        for end in (".json", ".jsonl"):
            with suppress(OSError):
                (self.batches / f"{group}{end}").unlink()

    def remove_but(self, groups: set[str]) -> None:
        """What requests of a killed server left: nobody waits for it."""
        places = [self.photographs, *(self.results / name for name in FOLDERS.values())]
        for place in places:
            for folder in place.iterdir() if place.is_dir() else ():
                if folder.name not in groups:
                    shutil.rmtree(folder, ignore_errors=True)


def new_id() -> str:
    """A name that nobody guesses."""
    return uuid4().hex


def ending(name: str) -> str:
    """The ending of a client's file name where it is one of ours, as raw files are known by it."""
    suffix = os.path.splitext(name)[1].lower()
    return suffix if suffix in EXTENSIONS else ".img"
