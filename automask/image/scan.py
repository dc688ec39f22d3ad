"""scan: which photographs a folder holds, in an order that every machine agrees on."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from automask.errors import UsageError, reraise_oserror
from automask.image.collisions import RESULT, refuse_collisions
from automask.image.kinds import (
    EXTENSIONS,
    RAW,
    extension_of,
    looks_like_picture,
    split_extension,
)
from automask.image.left_out import HIDDEN, NO_EXTENSION, OTHER_OUTPUT, Rules
from automask.image.pairs import may_be_second, second_files
from automask.image.raw import can_read_raw
from automask.records import Job

RUN_MARKS = {"run.json", "records"}  # what every output folder holds

Holds = Callable[[str], bool]


@dataclass(frozen=True)
class Listing:
    """The photographs of a folder that are wanted, and what there is besides."""

    jobs: list[Job]  # sorted by the bytes of the relative path
    elsewhere: int = 0  # images that another task masks
    left_out: dict[str, int] = field(default_factory=dict)  # how many, by kind
    unseen: tuple[str, ...] = ()  # folders that could not be read, each with the reason


def scan(
    root: Path, skip: Path | None = None, keep_extension: bool = False, rules: Rules | None = None
) -> list[Job]:
    """Every image file under `root`, see `scan_part`.

    Raises UsageError also where a folder below cannot be read: what is in it would be missed.
    """
    listing = scan_part(root, skip, keep_extension, rules=rules)
    if listing.unseen:
        raise UsageError(f"cannot list {root}: {listing.unseen[0]}; make it readable")
    return listing.jobs


def scan_part(
    root: Path,
    skip: Path | None = None,
    keep_extension: bool = False,
    holds: Holds = lambda _: True,
    rules: Rules | None = None,
) -> Listing:
    """The image files under `root` that `holds` says yes to by their relative path.

    Left out, and counted, are hidden files and folders, what `rules` says, what is no picture, and
    the second of two files of one photograph (see pairs.py); not counted is the folder `skip` (the
    output, when it lies inside the input). `keep_extension` keeps `.jpg` in output names: a.jpg ->
    a.jpg.png. Each folder is listed once, twice where it has raw files or HEIC; of images that are
    not held neither name nor entry is kept, and no file is looked at but links, which may lead to
    folders, and files without an extension, which may be pictures. A folder below that cannot be
    read is named in `unseen`.

    Raises UsageError if `root` is not a readable folder, CollisionError if two images would write
    one output; `holds` must say the same of both, or nobody sees it.
    """
    with reraise_oserror(UsageError, f"cannot look at {root}"):
        if not root.is_dir():
            fault = "is not a folder" if root.exists() else "does not exist"
            raise UsageError(f"input folder {root} {fault}")
    walk = _Walk(root, skip, holds, rules or Rules(root))
    jobs = [_job(path, entry, keep_extension) for path, entry in walk.images()]
    jobs.sort(key=lambda job: os.fsencode(job.image))
    refuse_collisions(jobs, walk.named_like_results)
    return Listing(jobs, walk.elsewhere, dict(walk.left_out), tuple(walk.unseen))


@dataclass
class _Folder:
    """What one folder holds."""

    held: list[tuple[str, os.DirEntry[str]]] = field(default_factory=list)  # relative path, file
    others: int = 0
    seconds: list[os.DirEntry[str]] = field(default_factory=list)  # that may give way to another
    folders: list[os.DirEntry[str]] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)
    fault: str | None = None  # why it could not be read to its end


class _Walk:
    """All folders below a root, and what was met on the way."""

    def __init__(self, root: Path, skip: Path | None, holds: Holds, rules: Rules) -> None:
        self.root, self.holds, self.rules = root, holds, rules
        self.skipped = skip.resolve() if skip is not None else None
        self.elsewhere = 0
        self.left_out: Counter[str] = Counter()
        self.unseen: list[str] = []
        self.named_like_results: set[str] = set()  # folders `shoe.png` with photographs in them

    def images(self) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """Relative path and entry of each image that is held, in no order."""
        seen = {self.root.resolve()}  # a link back up the tree must not be walked for ever
        stack = [(self.root, "")]
        while stack:
            path, prefix = stack.pop()
            folder = self._list(path, prefix)
            if prefix and folder.marks >= RUN_MARKS:
                self.left_out[OTHER_OUTPUT] += 1  # its overlays are no photographs
                continue
            self._take_in(folder, prefix)
            yield from folder.held
            # The disk's order differs between machines, and decides which of two links is walked.
            for entry in sorted(folder.folders, key=lambda entry: os.fsencode(entry.name)):
                real = Path(entry.path).resolve()
                if real != self.skipped and real not in seen:
                    seen.add(real)
                    stack.append((Path(entry.path), prefix + entry.name + "/"))

    def _take_in(self, folder: _Folder, prefix: str) -> None:
        self.elsewhere += folder.others
        self.left_out.update(folder.left_out)
        if folder.fault is not None:
            self.unseen.append(f"{prefix.rstrip('/') or '.'} ({folder.fault})")
        if RESULT + "/" in prefix and (folder.held or folder.others):
            parts = prefix.rstrip("/").split("/")
            paths = ("/".join(parts[: end + 1]) for end in range(len(parts)))
            self.named_like_results.update(path for path in paths if path.endswith(RESULT))

    def _list(self, path: Path, prefix: str) -> _Folder:
        """Raises UsageError where the root cannot be read."""
        folder = _Folder()
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    self._sort_in(folder, entry, prefix)
            self._sort_in_pairs(folder, path, prefix)
        except OSError as error:
            if not prefix:
                raise UsageError(
                    f"cannot list {path}: {error.strerror}; make it readable"
                ) from error
            folder.fault = error.strerror or str(error)
        return folder

    def _sort_in(self, folder: _Folder, entry: os.DirEntry[str], prefix: str) -> None:
        name, relative = entry.name, prefix + entry.name
        if name in RUN_MARKS:
            folder.marks.add(name)
        if name.startswith("."):
            folder.left_out[HIDDEN] += 1
            return
        is_folder = _is_folder(entry)
        reason = self.rules.against(name, relative, is_folder)
        extension = "" if is_folder else extension_of(name)
        if reason is None and not is_folder:
            reason = _no_picture(entry, extension)
        if reason is not None:
            folder.left_out[reason] += 1
        elif is_folder:
            folder.folders.append(entry)
        elif may_be_second(extension):
            folder.seconds.append(entry)
        else:
            self._hold(folder, relative, entry)

    def _sort_in_pairs(self, folder: _Folder, path: Path, prefix: str) -> None:
        if not folder.seconds:
            return

        def is_wanted(name: str) -> bool:
            return self.rules.against(name, prefix + name, is_folder=False) is None

        reasons = second_files(path, [entry.name for entry in folder.seconds], is_wanted)
        for entry in folder.seconds:
            reason = reasons.get(entry.name)
            extension = extension_of(entry.name)
            if reason is None and extension in RAW and not can_read_raw():
                reason = extension
            if reason is None:
                self._hold(folder, prefix + entry.name, entry)
            else:
                folder.left_out[reason] += 1

    def _hold(self, folder: _Folder, relative: str, entry: os.DirEntry[str]) -> None:
        if self.holds(relative):
            folder.held.append((relative, entry))
        else:
            folder.others += 1


def _no_picture(entry: os.DirEntry[str], extension: str) -> str | None:
    """What kind of file it is that cannot be masked; None: it is a picture."""
    if extension in EXTENSIONS or extension in RAW:
        return None
    if extension:
        return extension
    is_picture = _is_file(entry) and looks_like_picture(entry.path)
    return None if is_picture else NO_EXTENSION


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """False also for links that lead nowhere or in a circle: load will say so in the record."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Not so of a pipe or a device, which would block who reads it."""
    try:
        return entry.is_file()
    except OSError:
        return False


def _job(relative: str, entry: os.DirEntry[str], keep_extension: bool) -> Job:
    stem = output_stem(relative, keep_extension)
    try:
        info = entry.stat()
    except OSError:  # a broken link: load will say so in this image's record
        return Job(relative, stem, -1, -1)
    return Job(relative, stem, info.st_size, info.st_mtime_ns)


def output_stem(image: str, keep_extension: bool) -> str:
    """What an image's outputs are called, without `.png`: cats/a.jpg -> cats/a, or cats/a.jpg."""
    return image if keep_extension else split_extension(image)[0]
