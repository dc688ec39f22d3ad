"""scan: which photographs a folder holds, in an order that every machine agrees on."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from automask.errors import CollisionError, UsageError, reraise_oserror
from automask.records import Job

EXTENSIONS = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif")
)
SHOWN_COLLISIONS = 10
RUN_MARKS = {"run.json", "records"}  # what every output folder holds


@dataclass(frozen=True)
class Listing:
    """The photographs of a folder that are wanted, and how many there are besides."""

    jobs: list[Job]  # sorted by the bytes of the relative path
    elsewhere: int = 0  # images that another task masks


def scan(root: Path, skip: Path | None = None, keep_extension: bool = False) -> list[Job]:
    """Every image file under `root`, see `scan_part`."""
    return scan_part(root, skip, keep_extension).jobs


def scan_part(
    root: Path,
    skip: Path | None = None,
    keep_extension: bool = False,
    holds: Callable[[str], bool] = lambda _: True,
) -> Listing:
    """The image files under `root` that `holds` says yes to by their relative path.

    Hidden files and folders are left out, and so is the folder `skip` (the output, when it lies
    inside the input). `keep_extension` keeps `.jpg` in output names: a.jpg -> a.jpg.png. Each
    folder is listed once; of images that are not held neither name nor entry is kept, and no file
    is looked at (but links, which may lead to folders).

    Raises UsageError if `root` is not a readable folder, CollisionError if two images would write
    one output; `holds` must say the same of both, or nobody sees it.
    """
    with reraise_oserror(UsageError, f"cannot look at {root}"):
        if not root.is_dir():
            fault = "is not a folder" if root.exists() else "does not exist"
            raise UsageError(f"input folder {root} {fault}")
    jobs: list[Job] = []
    elsewhere = 0
    for folder in _folders(root, skip, holds):
        jobs.extend(_job(relative, entry, keep_extension) for relative, entry in folder.held)
        elsewhere += folder.others
    jobs.sort(key=lambda job: os.fsencode(job.image))
    _refuse_collisions(jobs)
    return Listing(jobs, elsewhere)


@dataclass
class _Folder:
    """What one folder holds."""

    held: list[tuple[str, os.DirEntry[str]]] = field(default_factory=list)  # relative path, file
    others: int = 0
    folders: list[os.DirEntry[str]] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)


def _folders(root: Path, skip: Path | None, holds: Callable[[str], bool]) -> Iterator[_Folder]:
    skipped = skip.resolve() if skip is not None else None
    seen = {root.resolve()}  # a link back up the tree must not be walked for ever
    stack = [(root, "")]
    while stack:
        path, prefix = stack.pop()
        folder = _list(path, prefix, holds)
        if prefix and folder.marks >= RUN_MARKS:
            continue  # the output of another run: its overlays are no photographs
        yield folder
        # The disk's order differs between machines, and decides which of two links is walked.
        for entry in sorted(folder.folders, key=lambda entry: os.fsencode(entry.name)):
            real = Path(entry.path).resolve()
            if real != skipped and real not in seen:
                seen.add(real)
                stack.append((Path(entry.path), prefix + entry.name + "/"))


def _list(path: Path, prefix: str, holds: Callable[[str], bool]) -> _Folder:
    folder = _Folder()
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                _sort_in(folder, entry, prefix, holds)
    except OSError as error:
        raise UsageError(f"cannot list {path}: {error.strerror}; make it readable") from error
    return folder


def _sort_in(
    folder: _Folder, entry: os.DirEntry[str], prefix: str, holds: Callable[[str], bool]
) -> None:
    if entry.name in RUN_MARKS:
        folder.marks.add(entry.name)
    if entry.name.startswith("."):
        return
    if _is_folder(entry):
        folder.folders.append(entry)
    elif os.path.splitext(entry.name)[1].lower() in EXTENSIONS:
        relative = prefix + entry.name
        if holds(relative):
            folder.held.append((relative, entry))
        else:
            folder.others += 1


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """False also for links that lead nowhere or in a circle: load will say so in the record."""
    try:
        return entry.is_dir()
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
    return image if keep_extension else os.path.splitext(image)[0]


def _refuse_collisions(jobs: list[Job]) -> None:
    by_stem = defaultdict(list)
    for job in jobs:
        by_stem[job.stem].append(job.image)
    clashes = [images for images in by_stem.values() if len(images) > 1]
    if not clashes:
        return
    lines = [f"  {', '.join(map(ascii, images))}" for images in clashes[:SHOWN_COLLISIONS]]
    if len(clashes) > SHOWN_COLLISIONS:
        lines.append(f"  and {len(clashes) - SHOWN_COLLISIONS} more")
    raise CollisionError(
        "these images would write the same output:\n"
        + "\n".join(lines)
        + "\nrename them, or keep the extension in output names with --keep-extension"
    )
