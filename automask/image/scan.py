"""scan: which photographs a folder holds, in an order that every machine agrees on."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from automask.errors import CollisionError, UsageError
from automask.records import Job

EXTENSIONS = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif")
)
SHOWN_COLLISIONS = 10
RUN_MARKS = {"run.json", "records"}  # what every output folder holds


def scan(root: Path, skip: Path | None = None, keep_extension: bool = False) -> list[Job]:
    """Every image file under `root`, sorted by the bytes of its relative path.

    Hidden files and folders are left out, and so is the folder `skip` (the output, when it lies
    inside the input). `keep_extension` keeps `.jpg` in output names: a.jpg -> a.jpg.png.

    Raises UsageError if `root` is not a readable folder, CollisionError if two images would write
    one output.
    """
    if not root.is_dir():
        fault = "is not a folder" if root.exists() else "does not exist"
        raise UsageError(f"input folder {root} {fault}")
    files = sorted(_image_files(root, skip), key=lambda pair: os.fsencode(pair[0]))
    jobs = [_job(relative, entry, keep_extension) for relative, entry in files]
    _refuse_collisions(jobs)
    return jobs


def _image_files(root: Path, skip: Path | None) -> Iterator[tuple[str, os.DirEntry[str]]]:
    skipped = skip.resolve() if skip is not None else None
    seen = {root.resolve()}  # a link back up the tree must not be walked for ever
    stack = [(root, "")]
    while stack:
        folder, prefix = stack.pop()
        entries = _entries(folder)
        if prefix and {entry.name for entry in entries} >= RUN_MARKS:
            continue  # the output of another run: its overlays are no photographs
        for entry in entries:
            if entry.name.startswith("."):
                continue
            relative = prefix + entry.name
            if _is_folder(entry):
                real = Path(entry.path).resolve()
                if real != skipped and real not in seen:
                    seen.add(real)
                    stack.append((Path(entry.path), relative + "/"))
            elif os.path.splitext(entry.name)[1].lower() in EXTENSIONS:
                yield relative, entry


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            # The disk's order differs between machines, and decides which of two links is walked.
            return sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        raise UsageError(f"cannot list {folder}: {error.strerror}; make it readable") from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """False also for links that lead nowhere or in a circle: load will say so in the record."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _job(relative: str, entry: os.DirEntry[str], keep_extension: bool) -> Job:
    stem = relative if keep_extension else os.path.splitext(relative)[0]
    try:
        info = entry.stat()
    except OSError:  # a broken link: load will say so in this image's record
        return Job(relative, stem, -1, -1)
    return Job(relative, stem, info.st_size, info.st_mtime_ns)


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
