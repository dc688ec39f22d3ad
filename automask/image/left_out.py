"""left_out: what of a folder is not masked, and why, so that nothing is left out in silence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from automask.errors import ConfigError
from automask.image.kinds import RAW

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILE = ".automaskignore"
# Folders that NAS boxes, desktops, archives and photo programs leave among photographs, with
# thumbnails, copies and what was thrown away. Compared in small letters; hidden ones (.thumbnails,
# .@__thumb, .Trash-1000) are left out anyway.
LITTER = frozenset((
    "@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "@sharebin", "@tmp",
    "@synoresource", "$recycle.bin", "recycler", "recycled", "system volume information",
    "__macosx", "~snapshot", "network trash folder",
    "temporary items", "ipod photo cache", "_gsdata_", "_vti_cnf",
))  # fmt: skip
LITTER_ENDS = (".lrdata", ".cocatalog", ".aplibrary")  # previews of Lightroom, Capture One
LITTER_FILES = ("synophoto_thumb", "synoindex_media", "synovideo_thumb")

HIDDEN = "hidden"
NO_EXTENSION = "without extension"
OTHER_OUTPUT = "output of another run"
BESIDE_JPEG = "HEIC beside a JPEG of its name"
BESIDE_PICTURE = "raw beside a picture of its name"


class Rules:
    """What is left out of a folder by its name: litter, an ignore file, patterns.

    exclude, include: patterns as in .gitignore, relative to the root; of those below --include at
    least one must fit. A pattern of the ignore file that begins with `!` takes litter back in.
    """

    def __init__(
        self, root: Path | None = None, exclude: Sequence[str] = (), include: Sequence[str] = ()
    ) -> None:
        self.root, self.exclude, self.include = root, tuple(exclude), tuple(include)

    def against(self, name: str, relative: str, is_folder: bool) -> str | None:
        """Why an entry is left out, in a few words; None: it is not. relative: its path."""
        if self._has_patterns:
            path = f"{relative}/" if is_folder else relative
            told = self._told(path)
            if told is not None:
                return told or None
            if self._included is not None and not (is_folder or self._included.match_file(path)):
                return "outside --include"
        return _litter(name, is_folder)

    def _told(self, path: str) -> str | None:
        """What the patterns say: a reason, "" where they take it back in, None: nothing."""
        for spec, reason in ((self._excluded, "--exclude"), (self._ignored, IGNORE_FILE)):
            verdict = None if spec is None else spec.check_file(path).include
            if verdict is not None:
                return reason if verdict else ""
        return None

    @cached_property
    def _has_patterns(self) -> bool:
        return any(spec is not None for spec in (self._excluded, self._included, self._ignored))

    @cached_property
    def _excluded(self) -> GitIgnoreSpec | None:
        return _spec(self.exclude, "--exclude")

    @cached_property
    def _included(self) -> GitIgnoreSpec | None:
        return _spec(self.include, "--include")

    @cached_property
    def _ignored(self) -> GitIgnoreSpec | None:
        file = None if self.root is None else self.root / IGNORE_FILE
        try:
            if file is None or not file.is_file():
                return None
            lines = file.read_text(encoding="utf-8-sig", errors="surrogateescape").splitlines()
        except OSError as error:
            raise ConfigError(f"cannot read {file}: {error.strerror}") from error
        return _spec(lines, str(file))


def _litter(name: str, is_folder: bool) -> str | None:
    small = name.lower()
    if is_folder:
        return f"{name}/" if small in LITTER or small.endswith(LITTER_ENDS) else None
    if small.startswith(LITTER_FILES):
        return next(kind for kind in LITTER_FILES if small.startswith(kind))
    return None


def _spec(patterns: Iterable[str], source: str) -> GitIgnoreSpec | None:
    lines = list(patterns)
    if not lines:
        return None
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError as error:
        raise ConfigError(f"{source}: {error}; patterns are those of .gitignore") from error


def told_left_out(left_out: Mapping[str, int]) -> str:
    """`12 .cr2 (pip install 'automask[raw]'), 3 hidden`, the most frequent first."""
    ordered = sorted(left_out.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{count:,} {kind}{_remedy(kind)}" for kind, count in ordered)


def _remedy(kind: str) -> str:
    return " (a camera's raw file: pip install 'automask[raw]')" if kind in RAW else ""
